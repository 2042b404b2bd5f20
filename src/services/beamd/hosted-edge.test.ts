/** Keys and tokens of a hosted edge, whose API is on its control plane: every command that asks about one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { randomToken } from '../../auth/auth.testing.ts';
import { failure } from '../../errors.testing.ts';
import { mockNetwork, type Answers, type MockedServer } from '../../net/msw.testing.ts';
import { testContexts, type TestContext } from '../services.testing.ts';
import { checkConfig } from './check-api-key.ts';
import { orgs } from './orgs.ts';
import { status } from './status.ts';
import { whoami } from './whoami.ts';

const EDGE = 'edge.example.com';
const network = mockNetwork();
const contextFor = testContexts();

describe('a hosted edge leads to its control plane', () => {
  const PLANE = 'https://plane.example.org';
  const document = { device_code_url: `${PLANE}/code`, token_url: `${PLANE}/token` };
  const said = `plane.example.org cannot be asked about`;

  function hosted(answers: Answers): MockedServer {
    network.serve(`https://${EDGE}`, { 'GET /.well-known/beam-auth': [200, document] });
    return network.serve(PLANE, answers);
  }

  function configOf(context: TestContext): string {
    const path = join(context.cwd, 'hosted.yaml');
    writeFileSync(path, `server: ${EDGE}\ntoken: ${randomToken()}\n`, { mode: 0o600 });
    return path;
  }

  test('which knows its keys', async () => {
    const plane = hosted({ 'GET /api/v1/workspace': [200, { slug: 'acme', name: 'Acme', provisioned: true }] });
    const context = contextFor();
    const config = configOf(context);
    expect(await checkConfig(context, { config })).toMatchObject({ server: EDGE, workspace: { slug: 'acme' } });
    expect(await whoami(context, { config })).toMatchObject({ scope: 'acme', selfHosted: false });
    expect(await orgs(context, { config, refresh: false })).toMatchObject({ active: 'acme', selfHosted: false });
    expect((await status(context, { config, check: true })).check).toEqual({ verdict: 'valid' });
    expect(plane.asked.length).toBe(4);
  });

  test('which is never passed over where it has no such call', async () => {
    hosted({ 'GET /api/v1/workspace': [404, {}], 'GET /api/scopes': [404, {}] });
    const context = contextFor({ env: { BEAMD_TOKEN: randomToken(), BEAMD_SERVER: EDGE } });
    const config = configOf(context);
    const noKeys = { code: 'bad_answer', message: `${said} API keys: it has no such API (404)` };
    expect(await failure(() => checkConfig(context, { config }))).toEqual(noKeys);
    expect(await failure(() => orgs(context, { config, refresh: false }))).toEqual(noKeys);
    expect((await status(context, { config, check: true })).check).toMatchObject({
      verdict: 'unverified',
      reason: noKeys.message,
    });
    const message = `${said} the token of BEAMD_TOKEN: it has no such API (404)`;
    expect(await failure(() => whoami(context, {}))).toEqual({ code: 'bad_answer', message });
    expect((await status(context, { check: true })).check).toMatchObject({ verdict: 'unverified', reason: message });
  });

  test('which knows the token of BEAMD_TOKEN, also where it knows sessions alone', async () => {
    hosted({ 'GET /api/v1/workspace': [404, {}], 'GET /api/scopes': [200, { user: 'bot', scopes: [{ slug: 'acme' }] }] });
    const context = contextFor({ env: { BEAMD_TOKEN: randomToken(), BEAMD_SERVER: EDGE } });
    expect(await whoami(context, {})).toMatchObject({ user: 'bot', scope: 'acme', selfHosted: false });
    expect((await status(context, { check: true })).check).toEqual({ verdict: 'valid' });
  });

  test('which knows sessions alone: a token that is none of them is not called bad, for it may be a key', async () => {
    hosted({ 'GET /api/v1/workspace': [404, {}], 'GET /api/scopes': [401, {}] });
    const context = contextFor({ env: { BEAMD_TOKEN: randomToken(), BEAMD_SERVER: EDGE } });
    expect((await status(context, { check: true })).check).toMatchObject({ verdict: 'unverified', code: 'bad_answer' });
  });

  test('a discovery that cannot be read makes no edge self-hosted, and sends the key nowhere', async () => {
    network.serve(`https://${EDGE}`, { 'GET /.well-known/beam-auth': [200, '<html>'] });
    const context = contextFor();
    const config = configOf(context);
    expect(await failure(() => checkConfig(context, { config }))).toMatchObject({ code: 'bad_answer' });
  });
});
