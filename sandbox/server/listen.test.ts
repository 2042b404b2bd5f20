import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listen, type Listening } from './listen.ts';

let server: Listening | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(): Promise<Listening> {
  server = await listen();
  server.mount({
    'GET /things/:id': ({ params, url }) => ({ json: { id: params.id, host: url.host } }),
    'POST /work': ({ body }) => {
      done += 1;
      return { json: { got: body } };
    },
    'GET /broken': () => {
      throw new Error('on purpose');
    },
  });
  return server;
}

let done = 0;

async function get(url: string, method = 'GET'): Promise<[number, string]> {
  const response = await fetch(url, { method, redirect: 'manual' });
  return [response.status, await response.text()];
}

describe('a sandbox server', () => {
  it('routes, counts and keeps a log without paths', async () => {
    const { origin, counters, log, port } = await start();
    expect(await get(`${origin}/things/a%20b`)).toEqual([200, JSON.stringify({ id: 'a b', host: `127.0.0.1:${port}` })]);
    expect(await get(`http://localhost:${port}/things/1`)).toEqual([200, JSON.stringify({ id: '1', host: `localhost:${port}` })]);
    expect((await get(`${origin}/nothing?secret=1`))[0]).toBe(404);
    expect((await get(`${origin}/broken`))[0]).toBe(500);
    expect(counters.requests).toEqual({ 'GET /things/:id': 2, 'GET (other)': 1, 'GET /broken': 1 });
    expect(log.map(({ method, route, status }) => ({ method, route, status }))).toEqual([
      { method: 'GET', route: 'GET /things/:id', status: 200 },
      { method: 'GET', route: 'GET /things/:id', status: 200 },
      { method: 'GET', route: 'GET (other)', status: 404 },
      { method: 'GET', route: 'GET /broken', status: 500 },
    ]);
  });

  it('answers something else, as often as told', async () => {
    const { origin, faults } = await start();
    faults.next('GET /things/:id', { status: 503, times: 2 });
    faults.next('GET /things/:id', { html: true });
    faults.next('GET /things/:id', { status: 307, headers: { location: 'http://127.0.0.1:1/' } });
    faults.next('GET /things/:id', { json: { id: 5 } });
    const url = `${origin}/things/1`;
    expect(await get(url)).toEqual([503, '']);
    expect(await get(url)).toEqual([503, '']);
    expect(await get(url)).toEqual([200, expect.stringContaining('502 Bad Gateway')]);
    expect(await get(url)).toEqual([307, '']);
    expect(await get(url)).toEqual([200, '{"id":5}']);
    expect((await get(url))[1]).toContain('"id":"1"');
    faults.next('*', { status: 500, times: Infinity });
    expect(await get(url)).toEqual([500, '']);
    faults.clear();
    expect((await get(url))[0]).toBe(200);
  });

  it('resets before the work, or after it', async () => {
    const { origin, faults, log } = await start();
    const before = done;
    faults.next('POST /work', { reset: true });
    await expect(get(`${origin}/work`, 'POST')).rejects.toThrow('fetch failed');
    expect(done).toBe(before);
    faults.next('POST /work', { lose: true });
    await expect(get(`${origin}/work`, 'POST')).rejects.toThrow('fetch failed');
    expect(done).toBe(before + 1);
    expect(log.map(({ status }) => status)).toEqual([undefined, undefined]);
  });

  it('delays, holds back and drips', async () => {
    const { origin, faults } = await start();
    const slow = async (): Promise<number> => {
      const start = performance.now();
      expect(await get(`${origin}/work`, 'POST')).toEqual([200, '{"got":""}']);
      return performance.now() - start;
    };
    for (const fault of [{ delay: 60 }, { hold: 60 }, { drip: 8 }]) {
      faults.next('POST /work', fault);
      expect(await slow()).toBeGreaterThan(55);
    }
  });

  it('closes at once with a request hanging and an idle connection open', async () => {
    const running = await start();
    const { origin, faults, port } = running;
    faults.next('GET /things/:id', { hang: true });
    const hanging = fetch(`${origin}/things/1`).then(
      () => 'answered',
      () => 'cut off',
    );
    const idle = connect(port, '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    await expect.poll(() => server?.counters.requests).toEqual({ 'GET /things/:id': 1 });
    await running.close();
    expect(await hanging).toBe('cut off');
    const again = await listen({ port });
    expect(again.port).toBe(port);
    await again.close();
    idle.destroy();
  });
});
