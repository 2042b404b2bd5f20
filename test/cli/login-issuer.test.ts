/** `beamd login --issuer`: an OAuth server below a path, as Keycloak realms are, with the built programs and a real provider. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOidc, type OidcServer } from '../../src/auth/oauth/oidc.testing.ts';
import { startTestServer, type TestServer } from '../../src/net/net.testing.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { json } from '../support/expect-cli.ts';

let user: CliUser;
let oidc: OidcServer;
/** The edge: its root has the document of the issuer below the path of another server, and nothing else. */
let edge: TestServer;

beforeAll(async () => {
  oidc = await startOidc({
    claims: { email: 'alice@example.com', scopes: [{ slug: 'alice' }] },
    inIdToken: true,
    path: '/realms/main',
  });
  edge = await startTestServer((origin) => ({
    'GET /.well-known/openid-configuration': [
      200,
      { issuer: `${origin}/realms/main`, token_endpoint: `${origin}/t`, device_authorization_endpoint: `${origin}/d` },
    ],
  }));
  user = createCliUser();
});
afterAll(async () => {
  await user.close();
  await Promise.all([oidc.close(), edge.close()]);
});

test('the root of a server names the issuer below it', async () => {
  expect(await user.run('beamd', ['login', '--server', edge.origin, '--no-browser'])).toEqual({
    code: 5,
    stdout: '',
    stderr:
      `Error: The login of ${edge.origin} is that of an issuer with a path\n` +
      `Run: beamd login --server ${edge.origin} --issuer ${edge.origin}/realms/main\n`,
  });
});

test('is logged in through, remembered, shown, and asked to renew', async () => {
  const login = user.start('beamd', ['login', '--server', edge.origin, '--issuer', oidc.issuer, '--no-browser']);
  const [, code = ''] = await login.waitFor(/enter the code (\S+)\n/);
  await oidc.decide(code, 'approve');
  const { stdout } = await login.done;
  expect(stdout).toBe(`✓ Logged in to ${edge.origin} as alice@example.com\nDefault org alice\nIt is now the current server\n`);
  expect(await json(user, 'beamd:status', 'beamd status')).toMatchObject({ server: edge.origin, issuer: oidc.issuer });
  const token = await user.beamd('token');
  expect(await oidc.accepts(token.stdout.trim())).toBe(true);
  expect(edge.asked.map(({ call }) => call)).not.toContain('GET /api/scopes');
  expect((await user.beamd('logout')).code).toBe(0);
  expect(await oidc.accepts(token.stdout.trim())).toBe(false);
});

test.each([
  ['--token', '-'],
  ['--token-file', '/dev/null'],
])('with %s it means nothing', async (...flags) => {
  const { code, stderr } = await user.run('beamd', ['login', '--server', edge.origin, '--issuer', oidc.issuer, ...flags]);
  expect([code, stderr]).toEqual([2, expect.stringContaining('--issuer')]);
});
