/** The network that other tests mock is the one that the real client uses, and lets nothing through that is not listed. */
import { expect, test, vi } from 'vitest';
import { Secret } from '../secret.ts';
import { createHttp } from './http-client.ts';
import { mockNetwork } from './msw.testing.ts';
import { failure } from '../errors.testing.ts';
import { startTestServer } from './net.testing.ts';

const network = mockNetwork();
const http = createHttp({ env: {} });

test('what is listed is answered, over https and http', async () => {
  for (const origin of ['https://edge.example.com', 'http://127.0.0.1:8081']) {
    const server = network.serve(origin, {
      'POST /token': [201, { a: 1 }, { 'x-own': 'yes' }],
      'GET /page?q=1': [404, '<html>'],
    });
    const request = { method: 'POST', url: `${origin}/token`, json: { b: 2 }, bearer: new Secret('t') } as const;
    expect(await http(request)).toMatchObject({ status: 201, text: '{"a":1}', headers: { 'x-own': 'yes' } });
    expect(await http({ url: `${origin}/page?q=1` })).toMatchObject({ status: 404, text: '<html>' });
    expect(server.asked).toEqual([{ call: 'POST /token', bearer: 't', json: { b: 2 } }, { call: 'GET /page?q=1' }]);
  }
  expect(network.takeUnexpected()).toEqual([]);
});

test('what is not listed is an error, and not passed over', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined); // msw says each of them
  const real = await startTestServer({ 'GET /': [200, {}] });
  network.serve('https://edge.example.com', { 'GET /here': 'reset' });
  const urls = ['https://edge.example.com/there', 'https://other.example.com/here', `${real.origin}/`];
  for (const url of urls) expect(await failure(() => http({ url }))).toMatchObject({ code: 'network' });
  expect(network.takeUnexpected()).toEqual(urls.map((url) => `GET ${url}`));
  expect(await failure(() => http({ url: 'https://edge.example.com/here' }))).toMatchObject({ code: 'network' });
  expect([network.takeUnexpected(), real.asked]).toEqual([[], []]);
  await real.close();
});
