import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { accountOf, credentialOf, randomToken, tickingClock } from '../../auth/auth.testing.ts';
import { startTestServer, type TestServer } from '../../net/net.testing.ts';
import { createAccountStore } from '../../store/accounts/account-store.ts';
import { resolveHomes } from '../../store/paths.ts';
import { fieldsOf } from '../protocol/codec.ts';
import { parseError } from '../protocol/wire.ts';
import { runOrder } from './run-job.ts';
import { encodeOrder } from './worker-protocol.ts';

let server: TestServer;
let home: string;

afterEach(async () => {
  await server.close();
  rmSync(home, { recursive: true });
});

test.each([
  [429, { 'retry-after': '90' }, 90],
  [503, { 'retry-after': '7' }, 7],
  [503, {}, undefined],
] as const)('status %i to a refresh, with %o: how long to wait survives the pipe', async (status, headers, seconds) => {
  home = mkdtempSync(join(tmpdir(), 'order-'));
  const secret = randomToken();
  server = await startTestServer((origin) => ({
    'GET /.well-known/beam-auth': [200, { device_code_url: `${origin}/code`, token_url: `${origin}/token` }],
    'POST /token': [status, secret, headers],
  }));
  const homes = resolveHomes({}, home);
  const account = accountOf(server.origin, { dialect: 'beam-auth' });
  await createAccountStore({ homes, clock: tickingClock(), env: {} }).save(account, credentialOf('access', randomToken()));

  const order = encodeOrder({ account: account.key, keys: {}, job: { kind: 'refresh' } });
  const line = JSON.stringify(await runOrder(order, {}, homes));
  const error = parseError(fieldsOf(fieldsOf(JSON.parse(line), 'answer')['error'], 'error'));
  expect([error.code, error.retryAfter]).toEqual(['server_error', seconds]);
  expect(line).not.toContain(secret);
});
