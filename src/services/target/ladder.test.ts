import fc from 'fast-check';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomBytes } from 'node:crypto';
import { BeamError } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { NAMELESS, accountKey, parseAccountRef } from '../../store/account-key.ts';
import { parseServer } from '../../store/server.ts';
import type { Account } from '../../store/accounts/account.ts';
import { resolveTarget, selectTarget, type TargetContext, type TargetInput } from './ladder.ts';
import type { Source } from './climb.ts';
import { told } from '../../errors.testing.ts';

/** Each rung, from the one that wins; what it names, and how it is put there. */
interface Rungs {
  readonly flag?: string | undefined;
  readonly env?: string | undefined;
  readonly project?: string | undefined;
  readonly current?: string | undefined;
}

const ACCOUNT: Account = {
  key: 'project.example.com',
  server: 'project.example.com',
  provider: 'edge',
  kind: 'session',
  dialect: 'beam-auth',
  scopes: [{ slug: 'alice' }, { slug: 'acme' }],
  storage: 'age',
};

/** A store that holds these accounts. */
function accountsOf(list: readonly Account[]): TargetContext['accounts'] {
  return {
    keys: () => list.map(({ key }) => key),
    list: () => Promise.resolve({ accounts: [...list], problems: [] }),
    read: (key) => Promise.resolve(list.find((account) => account.key === key)),
  };
}

const SERVERS = {
  flag: 'flag.example.com',
  env: 'env.example.com',
  project: 'project.example.com',
  current: 'current.example.com',
};

let root: string;
let project: string;
let context: TargetContext;
let notes: string[];

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'ladder-')));
  project = join(root, 'work', 'repo');
  mkdirSync(project, { recursive: true });
  mkdirSync(join(root, '.beamd'), { mode: 0o700 });
  const homes = { user: root, beamd: join(root, '.beamd'), runbeam: join(root, '.runbeam') };
  notes = [];
  context = { env: {}, cwd: project, homes, accounts: accountsOf([]), warn: (line) => void notes.push(line) };
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function place(rungs: Rungs, scopes: Rungs = {}): { context: TargetContext; input: TargetInput } {
  const pin = [rungs.project && `server: ${rungs.project}`, scopes.project && `scope: ${scopes.project}`].filter(Boolean);
  rmSync(join(project, '.beamd'), { force: true });
  if (pin.length > 0) writeFileSync(join(project, '.beamd'), `${pin.join('\n')}\n`);
  rmSync(join(root, '.beamd', 'config'), { force: true });
  if (rungs.current !== undefined) writeFileSync(join(root, '.beamd', 'config'), `current: ${rungs.current}\n`, { mode: 0o600 });
  return {
    input: { server: rungs.flag, scope: scopes.flag },
    context: {
      ...context,
      env: { BEAMD_SERVER: rungs.env, BEAMD_SCOPE: scopes.env },
      accounts: accountsOf(rungs.current === undefined ? [] : [{ ...ACCOUNT, key: rungs.current, server: rungs.current }]),
    },
  };
}

function sourceOf(rung: keyof Rungs): Source {
  return rung === 'project' ? { kind: 'project', path: join(project, '.beamd') } : { kind: rung };
}

/** What must win: the first rung that is there. */
function winner(rungs: Rungs): keyof Rungs | undefined {
  return (['flag', 'env', 'project', 'current'] as const).find((rung) => rungs[rung] !== undefined);
}

describe('the ladder', () => {
  it('takes the first rung there is, for any set of rungs, server and scope apart', async () => {
    const some = <T>(value: T): fc.Arbitrary<T | undefined> => fc.option(fc.constant(value), { nil: undefined });
    const servers = fc.record({
      flag: some(SERVERS.flag),
      env: some(SERVERS.env),
      project: some(SERVERS.project),
      current: some(SERVERS.current),
    });
    const scopes: fc.Arbitrary<Rungs> = fc.record({
      flag: some('flag-scope'),
      env: some('env-scope'),
      project: some('project-scope'),
    });
    await fc.assert(
      fc.asyncProperty(servers, scopes, async (rungs, scopeRungs) => {
        const placed = place(rungs, scopeRungs);
        const top = winner(rungs);
        if (top === undefined) {
          await expect(selectTarget(placed.context, placed.input)).rejects.toMatchObject({ code: 'login_required' });
          return;
        }
        // A scope pinned beside a server is that server's; another server that wins leaves it behind.
        const pinCounts = rungs.project === undefined || top === 'project';
        const counting = pinCounts ? scopeRungs : { ...scopeRungs, project: undefined };
        const scope = winner(counting);
        expect(await selectTarget(placed.context, placed.input)).toEqual({
          server: { value: parseServer(rungs[top] ?? ''), source: sourceOf(top) },
          ...(scope === undefined ? {} : { scope: { value: counting[scope], source: sourceOf(scope) } }),
        });
      }),
      { numRuns: 200 },
    );
  });

  it('uses the only account, and says when there are several', async () => {
    const cloud: Account = { ...ACCOUNT, key: 'api.example.com', server: 'api.example.com', provider: 'runbeam' };
    const one = { ...context, accounts: accountsOf([{ ...ACCOUNT, key: '[--1]_4000', server: 'http://[::1]:4000' }, cloud]) };
    expect(await selectTarget(one, {})).toEqual({
      server: { value: parseServer('http://[::1]:4000'), source: { kind: 'only-account' } },
    });
    await expect(selectTarget({ ...context, accounts: accountsOf([cloud]) }, {})).rejects.toMatchObject({
      code: 'login_required',
    });
    const two = { ...context, accounts: accountsOf([ACCOUNT, { ...ACCOUNT, key: 'b.example.com' }]) };
    await expect(selectTarget(two, {})).rejects.toMatchObject({ code: 'no_server' });
  });

  it('says where a bad server name comes from', async () => {
    const message = 'The server name is more than a host and a port, or not a host at all';
    const env = { ...context, env: { BEAMD_SERVER: 'a/b' } };
    await expect(selectTarget(env, {})).rejects.toMatchObject({ code: 'bad_server', message: `${message} (from BEAMD_SERVER)` });
    await expect(selectTarget(env, { server: 'a/b' })).rejects.toMatchObject({ message });
    const pin = join(project, '.beamd');
    writeFileSync(pin, 'server: http://canary.example.com\n');
    await expect(selectTarget(context, {})).rejects.toMatchObject({
      code: 'insecure_transport',
      message: `canary.example.com was given with http://, which would send tokens in the clear (in ${pin})`,
    });
  });

  it('does not read a broken .beamd that an explicit server and scope make needless', async () => {
    writeFileSync(join(project, '.beamd'), 'server: [\n');
    await expect(selectTarget(context, { server: SERVERS.flag, scope: 'acme' })).resolves.toMatchObject({
      scope: { value: 'acme' },
    });
    await expect(selectTarget(context, { server: SERVERS.flag })).rejects.toMatchObject({ code: 'bad_file' });
  });
});

describe('what a command acts with', () => {
  const account = ACCOUNT;
  const token = randomBytes(16).toString('hex');
  const all = (env: Record<string, string>, stored = account): TargetContext => ({
    ...context,
    env,
    accounts: accountsOf([stored]),
  });

  async function failure(promise: Promise<unknown>): Promise<unknown> {
    return promise.then(
      () => 'no failure',
      (error: unknown) => (error instanceof BeamError ? told(error) : error),
    );
  }

  it('is the account, with its default or first scope', async () => {
    const server = { value: parseServer(account.server), source: { kind: 'only-account' } };
    expect(await resolveTarget(all({}), {})).toEqual({
      kind: 'account',
      server,
      account,
      accountSource: { kind: 'nameless-account' },
      scope: { value: 'alice', source: { kind: 'first-scope' } },
    });
    const chosen = { ...account, defaultScope: 'acme' };
    expect(await resolveTarget(all({}, chosen), {})).toMatchObject({
      scope: { value: 'acme', source: { kind: 'default-scope' } },
    });
    const selfHosted: Account = { ...account, kind: 'token', scopes: [] };
    expect(await resolveTarget(all({}, selfHosted), { scope: 'acme' })).not.toHaveProperty('scope');
  });

  it('names the project that asks for a server without an account', async () => {
    writeFileSync(join(project, '.beamd'), 'server: other.example.com\n');
    expect(await failure(resolveTarget(all({}), {}))).toEqual({
      code: 'login_required',
      message: `This project uses other.example.com (${join(project, '.beamd')}), and you are not logged in to other.example.com`,
      hint: { command: 'beamd login --server other.example.com' },
    });
  });

  it('is the token of the environment, for the server of the environment alone', async () => {
    const env = { BEAMD_TOKEN: token, BEAMD_SERVER: 'ci.example.com' };
    const target = await resolveTarget(all(env), { scope: 'acme' });
    expect(target).toMatchObject({
      kind: 'env-token',
      server: { value: parseServer('ci.example.com') },
      scope: { value: 'acme' },
    });
    expect(target.kind === 'env-token' && target.token.reveal()).toBe(token);
    expect(await resolveTarget(all(env), { server: account.server })).toMatchObject({ kind: 'account' });
    expect(await resolveTarget(all(env), { server: 'CI.example.com:443' })).toMatchObject({ kind: 'env-token' });
  });

  it('never takes the token of the environment to a server that only a cloned .beamd names', async () => {
    writeFileSync(join(project, '.beamd'), 'server: canary.example.com\n');
    expect(await failure(resolveTarget(all({ BEAMD_TOKEN: token }), {}))).toMatchObject({ code: 'login_required' });
    writeFileSync(join(project, '.beamd'), `server: ${account.server}\n`);
    expect(await resolveTarget(all({ BEAMD_TOKEN: token }), {})).toMatchObject({ kind: 'account' });
  });

  it('is the --config file alone, whatever else there is', async () => {
    const path = join(root, 'app.yaml');
    writeFileSync(path, `server: app.example.com:443\ntoken: ${token}\n`, { mode: 0o600 });
    writeFileSync(join(project, '.beamd'), 'server: [\n');
    const env = { BEAMD_SERVER: 'env.example.com', BEAMD_TOKEN: 'x', BEAMD_SCOPE: 'acme' };
    const target = await resolveTarget(all(env), { config: path, server: 'app.example.com' });
    expect(target).toMatchObject({ kind: 'app-config', server: parseServer('app.example.com') });
    expect(target.kind === 'app-config' && 'token' in target.appConfig.key && target.appConfig.key.token.reveal()).toBe(token);
    for (const flag of ['server', 'account', 'scope']) {
      expect(await failure(resolveTarget(all(env), { config: path, [flag]: 'other' }))).toEqual({
        code: 'usage',
        message: `The file of --config says who acts, and where: --${flag} does not go with it`,
        hint: { text: `Leave out --${flag}, or --config` },
      });
    }
  });

  it('names no org beside an API key of the environment, which is of one org', async () => {
    const key = randomBytes(64).toString('hex');
    const env = { BEAMD_TOKEN: key, BEAMD_SERVER: 'ci.example.com' };
    writeFileSync(join(project, '.beamd'), 'server: ci.example.com\nscope: acme\n');
    const pinned = { value: 'acme', source: { kind: 'project', path: join(project, '.beamd') } };
    expect(await resolveTarget(all(env), {})).toMatchObject({ kind: 'env-token', passedScope: pinned });
    expect(await resolveTarget(all(env), {})).not.toHaveProperty('scope');
    const named = await resolveTarget(all({ ...env, BEAMD_SCOPE: 'acme' }), { scope: 'widgets' });
    expect(named).toMatchObject({ kind: 'env-token', passedScope: { value: 'widgets', source: { kind: 'flag' } } });
    expect(named).not.toHaveProperty('scope');
    // It is for another server: the login there acts, for the org that is named.
    const elsewhere = await resolveTarget(all(env), { server: account.server, scope: 'acme' });
    expect(elsewhere).toMatchObject({ kind: 'account', scope: { value: 'acme' } });
    // A project that cannot be read stops nobody who names an org himself.
    writeFileSync(join(project, '.beamd'), 'server: [\n');
    expect(await resolveTarget(all(env), { scope: 'widgets' })).toMatchObject({ passedScope: { value: 'widgets' } });
  });
});

describe('the account of a server', () => {
  const named = (name: string, server = ACCOUNT.server): Account => {
    const ref = parseAccountRef(`${server}@${name}`);
    return omitUndefined({ ...ACCOUNT, server, key: accountKey(ref.server, ref.name), name: ref.name });
  };
  const NAMELESS_ONE = ACCOUNT;

  async function chosen(placed: { context: TargetContext; input: TargetInput }): Promise<unknown> {
    return resolveTarget(placed.context, placed.input).then(
      (target) => (target.kind === 'account' ? { key: target.account.key, by: target.accountSource.kind } : target.kind),
      (error: unknown) => (error instanceof BeamError ? error.code : error),
    );
  }

  it('is of the first rung there is, for any set of rungs', async () => {
    const some = (value: string): fc.Arbitrary<string | undefined> => fc.option(fc.constant(value), { nil: undefined });
    const rungs = fc.record({ flag: some('a'), env: some('b'), project: some('c'), current: some('d') });
    const all = [NAMELESS_ONE, ...['a', 'b', 'c', 'd'].map((name) => named(name))];
    await fc.assert(
      fc.asyncProperty(rungs, async ({ flag, env, project: pinned, current }) => {
        const placed = place({ project: ACCOUNT.server, current: current && `${ACCOUNT.server}@${current}` });
        if (pinned !== undefined) writeFileSync(join(project, '.beamd.local'), `account: ${pinned}\n`);
        else rmSync(join(project, '.beamd.local'), { force: true });
        const top = flag ?? env ?? pinned ?? current;
        const by = winner({ flag, env, project: pinned, current });
        const context = { ...placed.context, env: { BEAMD_ACCOUNT: env }, accounts: accountsOf(all) };
        expect(await chosen({ context, input: { account: flag } })).toEqual(
          top === undefined ? { key: ACCOUNT.server, by: 'nameless-account' } : { key: `${ACCOUNT.server}@${top}`, by },
        );
      }),
      { numRuns: 100 },
    );
  });

  it('is the only one, and among several without a choice none', async () => {
    const on = (...list: Account[]): { context: TargetContext; input: TargetInput } => ({
      context: { ...context, accounts: accountsOf(list) },
      input: { server: ACCOUNT.server },
    });
    expect(await chosen(on(named('work')))).toEqual({ key: 'project.example.com@work', by: 'only-account' });
    expect(await chosen({ ...on(named('work')), input: {} })).toEqual({ key: 'project.example.com@work', by: 'only-account' });
    expect(await chosen(on(named('work'), NAMELESS_ONE))).toEqual({ key: 'project.example.com', by: 'nameless-account' });
    await expect(resolveTarget(on(named('work'), named('home')).context, { server: ACCOUNT.server })).rejects.toMatchObject({
      code: 'usage',
      message: 'There are several accounts on project.example.com: work, home',
    });
    expect(await chosen({ ...on(named('work'), NAMELESS_ONE), input: { server: ACCOUNT.server, account: '-' } })).toEqual({
      key: 'project.example.com',
      by: 'flag',
    });
  });

  it('is never one of another server: what names one there, and a current one elsewhere, do not count', async () => {
    const list = [named('work'), named('work', 'other.example.com'), NAMELESS_ONE];
    writeFileSync(join(root, '.beamd', 'config'), 'current: other.example.com@work\n', { mode: 0o600 });
    const placed = { context: { ...context, accounts: accountsOf(list) }, input: { server: ACCOUNT.server } };
    expect(await chosen(placed)).toEqual({ key: ACCOUNT.server, by: 'nameless-account' });
    writeFileSync(join(project, '.beamd'), 'server: other.example.com\naccount: work\n');
    expect(await chosen(placed)).toEqual({ key: ACCOUNT.server, by: 'nameless-account' });
    expect(await chosen({ ...placed, input: {} })).toEqual({ key: 'other.example.com@work', by: 'project' });
  });

  it('says which server may have been meant', async () => {
    const placed = { ...context, accounts: accountsOf([NAMELESS_ONE]) };
    await expect(resolveTarget(placed, { server: 'projct.example.com' })).rejects.toMatchObject({
      code: 'login_required',
      message: 'You are not logged in to projct.example.com; did you mean project.example.com?',
    });
  });

  it('that is named and not there is said, with those that are', async () => {
    const placed = { ...context, accounts: accountsOf([named('work'), NAMELESS_ONE]) };
    await expect(resolveTarget(placed, { server: ACCOUNT.server, account: 'home' })).rejects.toMatchObject({
      code: 'login_required',
      message: 'You are not logged in to project.example.com (account home); there you have: work, the one without a name',
      hint: { command: 'beamd login --server project.example.com --account home' },
    });
    writeFileSync(join(project, '.beamd'), 'server: project.example.com\naccount: ../x\n');
    await expect(resolveTarget(placed, {})).rejects.toMatchObject({
      code: 'bad_file',
      message: `../x is not the name of an account (in ${join(project, '.beamd')})`,
    });
    const env = { ...placed, env: { BEAMD_ACCOUNT: 'A' } };
    await expect(resolveTarget(env, { server: ACCOUNT.server })).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('a current account that is not there any more', () => {
  it('is passed over with a note, as if there were none', async () => {
    writeFileSync(join(root, '.beamd', 'config'), 'current: gone.example.com@work\n', { mode: 0o600 });
    const one = { ...context, accounts: accountsOf([ACCOUNT]) };
    expect(await resolveTarget(one, {})).toMatchObject({ server: { source: { kind: 'only-account' } }, account: ACCOUNT });
    expect(notes).toEqual(['The current account, gone.example.com@work, is not there any more and is passed over']);
    await expect(resolveTarget(context, {})).rejects.toMatchObject({ code: 'login_required', message: 'You are not logged in' });
  });

  it('still says where BEAMD_TOKEN goes, which needs no account', async () => {
    writeFileSync(join(root, '.beamd', 'config'), 'current: ci.example.com\n', { mode: 0o600 });
    const env = { BEAMD_TOKEN: randomBytes(16).toString('hex') };
    expect(await resolveTarget({ ...context, env }, {})).toMatchObject({
      kind: 'env-token',
      server: { value: parseServer('ci.example.com'), source: { kind: 'current' } },
    });
    expect(notes).toEqual([]);
  });
});

it('tells of keys that a .beamd does not have, once', async () => {
  writeFileSync(join(project, '.beamd'), 'server: project.example.com\nscpoe: acme\n');
  await resolveTarget({ ...context, accounts: accountsOf([ACCOUNT]) }, {});
  expect(notes).toEqual([`${join(project, '.beamd')}:2: .beamd has no key \`scpoe\`; did you mean \`scope\`?`]);
});

it('looks up once which accounts there are, and the folder of the command only where a rung needs it', async () => {
  writeFileSync(join(root, '.beamd', 'config'), `current: ${ACCOUNT.server}\n`, { mode: 0o600 });
  const accounts = accountsOf([ACCOUNT]);
  let listings = 0;
  const counted: TargetContext['accounts'] = {
    ...accounts,
    keys: () => {
      listings += 1;
      return accounts.keys();
    },
  };
  expect(await resolveTarget({ ...context, accounts: counted }, {})).toMatchObject({ kind: 'account', account: ACCOUNT });
  expect(listings).toBe(1);
  const gone: TargetContext = {
    ...{ ...context, accounts },
    get cwd(): string {
      throw new Error('the current folder is gone');
    },
  };
  expect(await resolveTarget(gone, { server: ACCOUNT.server, account: NAMELESS, scope: 'acme' })).toMatchObject({
    account: ACCOUNT,
  });
});

describe('a name that was typed at a login', () => {
  const account = { ...ACCOUNT, typedAs: ['http://localhost:4000'] };
  const named = { server: 'localhost:4000' };

  it('selects the account, with the scope that is pinned beside it', async () => {
    const target = await resolveTarget({ ...context, accounts: accountsOf([account]) }, named);
    expect(target).toMatchObject({
      kind: 'account',
      account,
      server: { value: parseServer(ACCOUNT.server), source: { kind: 'flag' } },
    });
    writeFileSync(join(project, '.beamd'), 'server: http://localhost:4000\nscope: acme\n');
    expect(await resolveTarget({ ...context, accounts: accountsOf([account]) }, {})).toMatchObject({
      account,
      scope: { value: 'acme' },
    });
  });

  it('is another server where that has an account of its own', async () => {
    const own = { ...ACCOUNT, key: 'localhost_4000', server: 'http://localhost:4000' };
    const target = await resolveTarget({ ...context, accounts: accountsOf([account, own]) }, named);
    expect(target).toMatchObject({ account: own });
  });

  it('must be said exactly where it stood for several', async () => {
    const other = { ...account, key: 'other.example.com', server: 'other.example.com' };
    await expect(resolveTarget({ ...context, accounts: accountsOf([account, other]) }, named)).rejects.toMatchObject({
      code: 'usage',
      message: 'localhost:4000 gave the logins for several servers: project.example.com, other.example.com',
    });
  });

  it('does not change where BEAMD_TOKEN goes', async () => {
    const env = { BEAMD_TOKEN: randomBytes(16).toString('hex'), BEAMD_SERVER: 'http://localhost:4000' };
    const target = await resolveTarget({ ...context, env, accounts: accountsOf([account]) }, {});
    expect(target).toMatchObject({ kind: 'env-token', server: { value: parseServer('http://localhost:4000') } });
  });
});
