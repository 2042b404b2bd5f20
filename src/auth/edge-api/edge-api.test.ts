import { describe, expect, test } from 'vitest';
import { mockNetwork, type Answer, type MockedServer } from '../../net/msw.testing.ts';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { apiOrigin, fetchScopes } from './scopes.ts';
import { sessionDialect } from '../session-dialect.ts';
import { accountOf, credentialOf, depsOf, http, randomToken } from '../auth.testing.ts';
import { checkApiKey } from './workspace.ts';

const network = mockNetwork();
const ORIGIN = 'https://edge.example.com';
let server: MockedServer;
const token = new Secret(randomToken());

test.each([
  [{}, 'https://edge.example.com'],
  [{ controlPlane: 'plane.example.org:8443' }, 'https://plane.example.org:8443'],
  [{ controlPlane: 'http://127.0.0.1:4000' }, 'http://127.0.0.1:4000'],
])('the API of an account with %j is at %s', (more, origin) => {
  expect(apiOrigin({ server: 'edge.example.com', ...more })).toBe(origin);
});

describe('fetchScopes', () => {
  async function asked(answer: Answer): ReturnType<typeof fetchScopes> {
    server = network.serve(ORIGIN, { 'GET /api/scopes': answer });
    return fetchScopes(server.origin, token, http);
  }

  test.each([
    [
      { user: 'alice', scopes: [{ slug: 'alice', role: 'owner', x: 1 }] },
      { user: 'alice', scopes: [{ slug: 'alice', role: 'owner' }] },
    ],
    [{ scopes: [] }, { scopes: [] }],
    [
      { user: 'a\u001b[0m', scopes: [] },
      { user: 'a[0m', scopes: [] },
    ],
  ])('%j', async (answer, expected) => {
    expect(await asked([200, answer])).toEqual(expected);
    expect(server.asked).toEqual([{ call: 'GET /api/scopes', bearer: token.reveal() }]);
  });

  test('500 orgs', async () => {
    const scopes = Array.from({ length: 500 }, (_, index) => ({ slug: `org-${index}` }));
    expect(await asked([200, { scopes }])).toEqual({ scopes });
  });

  test.each([
    [[404, '<html>'], undefined],
    [[401, {}], 'token_rejected'],
    [[403, {}], 'forbidden'],
    [[302, ''], 'bad_answer'],
    [[502, ''], 'server_error'],
    [[200, '<html>'], 'bad_answer'],
    [[200, { scopes: 'x' }], 'bad_answer'],
    [[200, {}], 'bad_answer'],
  ] as const)('%j', async (answer, code) => {
    if (code === undefined) expect(await asked(answer)).toBeUndefined();
    else expect(await failure(() => asked(answer))).toMatchObject({ code });
  });
});

describe('checkApiKey', () => {
  async function asked(answer: Answer): ReturnType<typeof checkApiKey> {
    server = network.serve(ORIGIN, { 'GET /api/v1/workspace': answer });
    return checkApiKey(server.origin, token, http);
  }

  test('a known key', async () => {
    const workspace = { slug: 'acme', name: 'Acme', provisioned: true, exampleUrl: 'https://x.example' };
    expect(await asked([200, { ...workspace, more: 1 }])).toEqual(workspace);
  });

  test('an edge without the call', async () => {
    expect(await asked([404, '<html>'])).toBe('not_checked');
  });

  test('an unknown key', async () => {
    expect(await failure(() => asked([401, {}]))).toEqual({
      code: 'token_rejected',
      message: `${server.host} does not know this API key`,
      hint: { text: 'Give one that the edge still has, or make a new one there' },
    });
  });

  test.each([
    [[200, '<html>'], 'bad_answer'],
    [[200, { slug: 'a', name: 'b' }], 'bad_answer'],
    [[500, ''], 'server_error'],
  ] as const)('%j', async (answer, code) => {
    expect(await failure(() => asked(answer))).toMatchObject({ code });
  });
});

describe('sessionDialect', () => {
  test('sessions that cannot be renewed or revoked', async () => {
    const cloud = accountOf('api.runbeam.example', { dialect: 'runbeam', provider: 'runbeam' });
    const own = accountOf('edge.example.com', { dialect: 'static', kind: 'token' });
    const credential = credentialOf(randomToken());
    const [runbeam, fixed] = [await sessionDialect(cloud, depsOf()), await sessionDialect(own, depsOf())];
    expect(await failure(() => runbeam.refresh(cloud, credential))).toEqual({
      code: 'session_ended',
      message: 'The session on api.runbeam.example has ended',
      hint: { command: 'runbeam login' },
    });
    expect(await failure(() => fixed.refresh(own, credential))).toEqual({
      code: 'login_required',
      message: 'The token for edge.example.com cannot be renewed',
      hint: { command: 'beamd login --server edge.example.com --token -' },
    });
    expect([await runbeam.revoke(cloud, credential), await fixed.revoke(own, credential)]).toEqual([
      'unsupported',
      'unsupported',
    ]);
  });
});
