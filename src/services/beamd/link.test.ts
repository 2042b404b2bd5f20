import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failure } from '../../errors.testing.ts';
import type { Account } from '../../store/accounts/account.ts';
import { saveAccount, testContexts, type TestUser } from '../services.testing.ts';
import { link } from './link.ts';

const contextFor = testContexts();

const EDGE = 'edge.example.com';
const SELF_HOSTED = { kind: 'token', dialect: 'static', scopes: [] } as const;

describe('link', () => {
  const PLAIN = { local: false, force: false };

  async function project(user: TestUser = {}, part: Partial<Account> = {}) {
    const context = contextFor(user);
    await saveAccount(context, EDGE, part);
    const folder = join(context.homes.user, 'project');
    mkdirSync(folder);
    return { here: { ...context, cwd: folder }, folder, path: join(folder, '.beamd') };
  }

  test('writes .beamd at the top of a git worktree', async () => {
    const context = contextFor();
    await saveAccount(context, EDGE);
    const repo = join(context.homes.user, 'r é');
    const deep = join(repo, 'a/b');
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(repo, '.git'), 'gitdir: /elsewhere\n');
    const here = { ...context, cwd: deep };
    const path = join(repo, '.beamd');
    expect(await link(here, { scope: 'acme', ...PLAIN })).toEqual({ path, server: EDGE, scope: 'acme', local: false });
    expect(readFileSync(path, 'utf8')).toContain('scope: acme');
    expect((await link(here, { ...PLAIN, local: true })).path).toBe(join(repo, '.beamd.local'));
    expect((await failure(() => link(here, { scope: 'nope', ...PLAIN }))).code).toBe('unknown_scope');
  });

  test('a self-hosted server is pinned without an org', async () => {
    const { here, path } = await project({}, SELF_HOSTED);
    expect(await link(here, { scope: 'acme', ...PLAIN })).toEqual({ path, server: EDGE, local: false });
  });

  test.each([
    ['nobody to ask', {}, {}, undefined],
    ['a no', { answer: false }, {}, undefined],
    ['a yes', { answer: true }, {}, 'alice'],
    ['--scope', {}, { scope: 'alice' }, 'alice'],
    ['.beamd.local', {}, { local: true }, 'alice'],
  ] as const)('the personal org, and %s', async (_, user, flags, pinned) => {
    const { here, folder } = await project(user);
    const { scope, unpinned, path } = await link(here, { ...PLAIN, ...flags });
    expect([scope, unpinned]).toEqual(pinned === undefined ? [undefined, 'alice'] : ['alice', undefined]);
    expect(readFileSync(path, 'utf8').includes('scope')).toBe(pinned !== undefined);
    expect(path.startsWith(folder)).toBe(true);
  });

  test('a default org that is not the personal one is pinned', async () => {
    const { here } = await project({}, { defaultScope: 'acme' });
    expect((await link(here, PLAIN)).scope).toBe('acme');
  });

  test.each([
    ['nobody to ask', {}, 'PATH pins other.example.com, org team already'],
    ['a no', { answer: false }, 'Nothing was written'],
  ] as const)('what is pinned stays with %s', async (_, user, message) => {
    const { here, path } = await project(user);
    writeFileSync(path, 'server: other.example.com\nscope: team\n');
    expect(await failure(() => link(here, { server: EDGE, scope: 'acme', ...PLAIN }))).toEqual({
      code: 'usage',
      message: message.replace('PATH', path),
      hint: { command: `beamd link --server ${EDGE} --scope acme --force` },
    });
    expect(readFileSync(path, 'utf8')).toContain('other.example.com');
  });

  test('with a yes or --force it is replaced, an org of another server too', async () => {
    const { here, path } = await project({ answer: true });
    writeFileSync(path, '# ours\nserver: other.example.com\nscope: team\n');
    await link(here, { server: EDGE, scope: 'acme', ...PLAIN });
    expect(readFileSync(path, 'utf8')).toBe(`# ours\nserver: ${EDGE}\nscope: acme\n`);
    writeFileSync(path, 'server: other.example.com\nscope: team\n');
    await link({ ...here, confirm: () => Promise.resolve(undefined) }, { server: EDGE, ...PLAIN, force: true });
    expect(readFileSync(path, 'utf8')).toBe(`server: ${EDGE}\n`);
  });

  test('the same again asks nothing', async () => {
    const { here } = await project();
    await link(here, { scope: 'acme', ...PLAIN });
    await link(here, { scope: 'acme', ...PLAIN });
    expect(here.questions).toEqual([]);
  });

  test('.beamd.local is kept out of git, once, and only where there is one', async () => {
    const { here, folder } = await project();
    expect((await link(here, { ...PLAIN, local: true })).ignored).toBeUndefined();
    mkdirSync(join(folder, '.git'));
    const ignore = join(folder, '.gitignore');
    writeFileSync(ignore, 'dist');
    expect((await link(here, { ...PLAIN, local: true })).ignored).toEqual({ status: 'now', path: ignore });
    expect((await link(here, { ...PLAIN, local: true })).ignored).toEqual({ status: 'was', path: ignore });
    expect(readFileSync(ignore, 'utf8')).toBe('dist\n.beamd.local\n');
  });

  test('a .gitignore that is a link is left alone', async () => {
    const { here, folder } = await project();
    mkdirSync(join(folder, '.git'));
    writeFileSync(join(folder, 'elsewhere'), '');
    symlinkSync('elsewhere', join(folder, '.gitignore'));
    expect((await link(here, { ...PLAIN, local: true })).ignored).toEqual({ status: 'unignored' });
    expect(readFileSync(join(folder, 'elsewhere'), 'utf8')).toBe('');
  });

  test('the home folder and the root are no project', async () => {
    const context = contextFor();
    await saveAccount(context, EDGE);
    const hint = { text: 'cd to a project, then run beamd link' };
    expect(await failure(() => link(context, PLAIN))).toEqual({
      code: 'usage',
      message: `${context.homes.user} is not a project: its .beamd folder holds your accounts`,
      hint,
    });
    expect(await failure(() => link({ ...context, cwd: '/' }, PLAIN))).toMatchObject({ code: 'usage', hint });
    // A home folder under git is no project either, and does not make those in it part of it.
    const inner = join(context.homes.user, 'inner');
    mkdirSync(inner);
    mkdirSync(join(context.homes.user, '.git'));
    expect((await link({ ...context, cwd: inner }, { scope: 'acme', ...PLAIN })).path).toBe(join(inner, '.beamd'));
    const elsewhere = { ...context.homes, user: join(context.homes.user, 'me') };
    mkdirSync(elsewhere.user);
    expect(await failure(() => link({ ...context, homes: elsewhere, cwd: elsewhere.user }, PLAIN))).toMatchObject({
      code: 'usage',
      hint,
    });
  });

  test('--config is no account', async () => {
    expect((await failure(() => link(contextFor(), { config: 'app.yaml', ...PLAIN }))).code).toBe('usage');
  });
});
