import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { randomToken } from '../../auth/auth.testing.ts';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { accountKey, parseAccountName } from '../../store/account-key.ts';
import { parseServer } from '../../store/server.ts';
import { accountFile } from '../../store/paths.ts';
import { saveAccount, testContexts, type TestContext } from '../services.testing.ts';
import { accountAt, placeOf } from './account-at.ts';
import { dockerCredential } from './docker.ts';
import { gitCredential } from './git.ts';
import { kubeCredential } from './kube.ts';

const contextFor = testContexts();
const EDGE = 'edge.example.com';
const SELF_HOSTED = { kind: 'token', dialect: 'static', scopes: [] } as const;

/** Saves a login with a token that ends in an hour, and returns the token. */
async function login(context: TestContext, server: string, name?: string, part: object = {}): Promise<string> {
  const token = randomToken();
  const text = name === undefined ? undefined : parseAccountName(name);
  const key = accountKey(parseServer(server), text);
  await saveAccount(
    context,
    server,
    { key, ...(text === undefined ? {} : { name: text }), ...SELF_HOSTED, ...part },
    { accessToken: new Secret(token), expiresAt: 4_102_444_800 },
  );
  return token;
}

const git = (context: TestContext, operation: string, lines: readonly string[]) =>
  gitCredential(context, operation, () => Promise.resolve([...lines, '', 'protocol=https'].join('\n')));

const docker = (context: TestContext, action: string, input = '') =>
  dockerCredential(context, action, () => Promise.resolve(input));

describe('the place', () => {
  test.each([
    ['https', EDGE, `https://${EDGE}`],
    ['https', 'EDGE.example.com:443', `https://${EDGE}`],
    ['https', `${EDGE}:8443`, `https://${EDGE}:8443`],
    ['http', '127.0.0.1:4000', 'http://127.0.0.1:4000'],
    ['http', '[::1]:4000', 'http://[::1]:4000'],
    ['https', '127.0.0.1:4000', 'https://127.0.0.1:4000'],
    ['http', EDGE, undefined],
    ['http', `${EDGE}:443`, undefined],
    ['HTTPS', EDGE, undefined],
    ['ssh', EDGE, undefined],
    ['https', '', undefined],
    ['https', `${EDGE}.`, undefined],
    ['https', `${EDGE}.:443`, undefined],
    ['https', `${EDGE}/`, undefined],
    ['https', `${EDGE}/x`, undefined],
    ['https', `a@${EDGE}`, undefined],
    ['https', `${EDGE}#`, undefined],
    ['https', `evil.example.com\\@${EDGE}`, undefined],
    ['https', `${EDGE}:0`, undefined],
    ['https', `${EDGE}%00`, undefined],
  ])('%s and %s', (scheme, host, origin) => {
    expect(placeOf(scheme, host)).toBe(origin);
  });

  test('whatever is asked, only the very same origin gets an answer', async () => {
    const context = contextFor();
    await login(context, EDGE);
    const part = fc.constantFrom(
      'https',
      'http',
      '://',
      EDGE,
      ':',
      '443',
      '8443',
      '/',
      '@',
      '.',
      'evil.example.com',
      '#',
      '?',
      '%2e',
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('https', 'http'), fc.array(part, { maxLength: 5 }), async (scheme, parts) => {
        const host = parts.join('');
        const origin = placeOf(scheme, host);
        const account = origin === undefined ? undefined : await accountAt(context, { origins: [origin] });
        const same = scheme === 'https' && (host === EDGE || host === `${EDGE}:443`);
        expect(account !== undefined).toBe(same);
      }),
    );
  });
});

describe('which account', () => {
  const at = async (context: TestContext, server: string, username?: string) =>
    (await accountAt(context, { origins: [parseServer(server).origin], username }))?.key;

  test('by name, else the one without, else the only one', async () => {
    const context = contextFor();
    await login(context, EDGE, 'work');
    expect(await at(context, EDGE)).toBe(`${EDGE}@work`);
    expect(await at(context, EDGE, '__token__')).toBeUndefined();
    await login(context, EDGE, 'home');
    expect(await at(context, EDGE)).toBeUndefined();
    await login(context, EDGE);
    expect(await at(context, EDGE)).toBe(EDGE);
    expect(await at(context, EDGE, '__token__')).toBe(EDGE);
    expect(await at(context, EDGE, 'home')).toBe(`${EDGE}@home`);
    expect(await at(context, EDGE, 'alice')).toBeUndefined();
  });

  test('an edge before a control plane, of which there may be several edges', async () => {
    const context = contextFor();
    await login(context, EDGE, undefined, { controlPlane: 'control.example.com' });
    expect(await at(context, 'control.example.com')).toBe(EDGE);
    await login(context, 'other.example.com', undefined, { controlPlane: 'control.example.com' });
    expect(await at(context, 'control.example.com')).toBeUndefined();
    await login(context, 'control.example.com');
    expect(await at(context, 'control.example.com')).toBe('control.example.com');
  });

  test('http and https on one port are two places', async () => {
    const context = contextFor();
    await login(context, 'http://127.0.0.1:4000');
    expect(await accountAt(context, { origins: ['https://127.0.0.1:4000'] })).toBeUndefined();
    expect(await at(context, 'http://127.0.0.1:4000')).toBe('127.0.0.1_4000');
  });

  test('Runbeam Cloud is no edge', async () => {
    const context = contextFor();
    await login(context, EDGE, undefined, { provider: 'runbeam' });
    expect(await at(context, EDGE)).toBeUndefined();
  });
});

describe('git', () => {
  test('a password for every git, a bearer token for one that can send it to a server that takes it', async () => {
    const context = contextFor();
    const token = await login(context, EDGE);
    const place = ['protocol=https', `host=${EDGE}`, 'path=group/project.git'];
    const password = { kind: 'password', username: '__token__', token: new Secret(token), expiresAt: 4_102_444_800 };
    const told = async (...lines: string[]) => {
      const answer = await git(context, 'get', [...place, ...lines]);
      return answer === undefined ? undefined : { ...answer, token: answer.token.equals(new Secret(token)) };
    };
    expect(await told()).toEqual({ ...password, token: true });
    expect(await told('capability[]=authtype', 'wwwauth[]=Basic realm="edge"')).toEqual({ ...password, token: true });
    expect(await told('wwwauth[]=Bearer')).toEqual({ ...password, token: true });
    expect(await told('capability[]=authtype', 'wwwauth[]=Bearer', 'wwwauth[]=')).toEqual({ ...password, token: true });
    const bearer = ['capability[]=state', 'capability[]=authtype', 'wwwauth[]=Basic', 'wwwauth[]=bearer realm="edge"'];
    expect(await told(...bearer)).toEqual({ kind: 'bearer', token: true, expiresAt: 4_102_444_800 });
    expect(context.notes).toEqual([]);
  });

  test.each(['store', 'capability', 'approve', ''])('%j is passed over, and nothing is read', async (operation) => {
    const context = contextFor();
    await login(context, EDGE);
    const unread = () => Promise.reject(new Error('it was read'));
    expect(await gitCredential(context, operation, unread)).toBeUndefined();
  });

  test('erase says nothing, and of a place nothing is asked', async () => {
    const context = contextFor();
    const token = await login(context, EDGE);
    expect(await git(context, 'erase', ['protocol=https', `host=${EDGE}`, `password=${token}`])).toBeUndefined();
    expect(await git(context, 'erase', ['protocol=https', `host=${EDGE}`])).toBeUndefined();
  });

  test.each([['host=edge.example.com\r'], [`host=${EDGE}\u0000`], ['host'], ['=x'], [`path=a\rhost=${EDGE}`]])(
    '%j is refused',
    async (line) => {
      const context = contextFor();
      await login(context, EDGE);
      expect(await failure(() => git(context, 'get', ['protocol=https', `host=${EDGE}`, line]))).toEqual({
        code: 'usage',
        message: 'What git asks is lines of KEY=VALUE, without a carriage return or a NUL',
        hint: { command: 'beamd credential git --help' },
      });
    },
  );

  test('trouble is said beside it', async () => {
    const context = contextFor();
    await login(context, EDGE);
    writeFileSync(accountFile(context.homes, EDGE), 'server: [', { mode: 0o600 });
    expect(await git(context, 'get', ['protocol=https', `host=${EDGE}`])).toBeUndefined();
    expect(context.notes[0]).toMatch(/^! .*edge\.example\.com\.yaml/);
  });
});

describe('docker', () => {
  test.each([EDGE, `https://${EDGE}`, `https://${EDGE}/v2/`, `${EDGE}/team/image`, ` ${EDGE}\n`])('%j', async (input) => {
    const context = contextFor();
    const token = await login(context, EDGE);
    const answer = await docker(context, 'get', input);
    expect(answer).toEqual({
      kind: 'credential',
      serverUrl: input.trim(),
      username: '__token__',
      secret: new Secret(token),
    });
    expect(answer.kind === 'credential' && answer.secret.reveal()).toBe(token);
  });

  test.each([
    'http://edge.example.com',
    'edge.example.com:8443',
    'index.docker.io',
    'https://edge.example.com@evil.example.com',
    'evil.example.com/edge.example.com',
    'edge.example\r\n.com',
    'edge.example.com?',
  ])('%j: the sentence that docker knows', async (input) => {
    const context = contextFor();
    await login(context, EDGE);
    const text = 'credentials not found in native keychain';
    expect(await docker(context, 'get', input)).toEqual({ kind: 'refusal', text });
    expect(await docker(context, 'erase', input)).toEqual({ kind: 'refusal', text });
  });

  test('list: what get would answer for', async () => {
    const context = contextFor();
    await login(context, EDGE);
    await login(context, 'http://127.0.0.1:4000', 'work');
    await login(context, 'two.example.com', 'a');
    await login(context, 'two.example.com', 'b');
    await login(context, 'api.runbeam.io', undefined, { provider: 'runbeam' });
    const users = new Map([
      ['http://127.0.0.1:4000', 'work'],
      [`https://${EDGE}`, '__token__'],
    ]);
    expect(await docker(context, 'list')).toEqual({ kind: 'list', users });
    expect((await docker(context, 'get', '127.0.0.1:4000')).kind).toBe('credential');
  });

  test('what docker stores is ours, or is not taken; a login is no thing to erase', async () => {
    const context = contextFor();
    await login(context, EDGE);
    const store = (Username: string, ServerURL = EDGE) =>
      docker(context, 'store', JSON.stringify({ ServerURL, Username, Secret: randomToken() }));
    expect(await store('__token__')).toEqual({ kind: 'done' });
    expect(await store('alice')).toEqual({
      kind: 'refusal',
      text: 'beamd keeps no passwords of docker: it gives tokens of your logins. Run: beamd accounts',
    });
    expect(await store('')).toEqual({ kind: 'refusal', text: 'no credentials username' });
    expect(await store('__token__', '')).toEqual({ kind: 'refusal', text: 'no credentials server URL' });
    expect(await docker(context, 'store', '{')).toEqual({ kind: 'refusal', text: 'no credentials server URL' });
    expect(await docker(context, 'get', '')).toEqual({ kind: 'refusal', text: 'no credentials server URL' });
    expect(await docker(context, 'erase', EDGE)).toEqual({
      kind: 'refusal',
      text: `beamd keeps the login, for more than docker. Run: beamd logout --server ${EDGE}`,
    });
    expect((await docker(context, 'forget', EDGE)).kind).toBe('refusal');
    expect(context.accounts.keys()).toEqual([EDGE]);
  });
});

describe('kubectl', () => {
  const asked = (server: unknown, version = 'v1') =>
    JSON.stringify({
      kind: 'ExecCredential',
      apiVersion: `client.authentication.k8s.io/${version}`,
      spec: { cluster: { server }, interactive: false },
    });

  test.each(['v1', 'v1beta1'])('%s: the version that was asked for', async (version) => {
    const context = contextFor({ env: { KUBERNETES_EXEC_INFO: asked(`https://${EDGE}/clusters/1`, version) } });
    const token = await login(context, EDGE);
    const credential = await kubeCredential(context, { server: EDGE });
    expect({ ...credential, token: credential.token.reveal() }).toEqual({
      apiVersion: `client.authentication.k8s.io/${version}`,
      token,
      expiresAt: 4_102_444_800,
    });
  });

  test('another cluster, none, another question, another account', async () => {
    const failing = async (info: string | undefined, input = { server: EDGE }) => {
      const context = contextFor({ env: info === undefined ? {} : { KUBERNETES_EXEC_INFO: info } });
      await login(context, EDGE);
      return failure(() => kubeCredential(context, input));
    };
    expect(await failing(asked('https://evil.example.com'))).toMatchObject({
      code: 'forbidden',
      message: `The cluster is at https://evil.example.com, and the login is one to ${EDGE}`,
    });
    expect(await failing(asked(`https://${EDGE}@evil.example.com`))).toMatchObject({ code: 'forbidden' });
    expect(await failing(asked(`http://${EDGE}`))).toMatchObject({ code: 'forbidden' });
    expect(await failing(asked(undefined))).toMatchObject({
      code: 'bad_config',
      hint: { command: `beamd setup kube --server ${EDGE}` },
    });
    for (const info of [undefined, '{', '1', asked(`https://${EDGE}`, 'v1alpha1')]) {
      expect(await failing(info)).toMatchObject({ code: 'usage' });
    }
    expect(await failing(asked(`https://${EDGE}`), { server: 'other.example.com' })).toMatchObject({
      code: 'login_required',
      hint: { command: 'beamd login --server other.example.com' },
    });
  });

  test('--account, and - for the one without a name', async () => {
    const context = contextFor({ env: { KUBERNETES_EXEC_INFO: asked(`https://${EDGE}`) } });
    const work = await login(context, EDGE, 'work');
    const token = async (account: string) => (await kubeCredential(context, { server: EDGE, account })).token.reveal();
    expect(await token('work')).toBe(work);
    expect(await failure(() => token('-'))).toMatchObject({ code: 'login_required' });
    const plain = await login(context, EDGE);
    expect(await token('-')).toBe(plain);
  });
});

test('no helper looks at the folder it is started in', async () => {
  const context = contextFor();
  await login(context, EDGE);
  const unseen = {
    ...context,
    get cwd(): string {
      throw new Error('the folder was looked at');
    },
  };
  expect((await git(unseen, 'get', ['protocol=https', `host=${EDGE}`]))?.kind).toBe('password');
});
