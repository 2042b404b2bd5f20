/** Choosing on a terminal, and what is said where there is none. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { randomToken } from '../../src/auth/auth.testing.ts';
import { Secret } from '../../src/secret.ts';
import { markOf, TOKEN_OF } from '../../src/services/target/handed-on.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../support/cli-user.ts';
import { expectCli, json } from '../support/expect-cli.ts';
import { writeText } from '../support/files.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';
import { writeAccount } from '../support/written-accounts.ts';

const TERMINAL = spawnSync('script', ['-qec', 'exit 3', '/dev/null'], { stdio: 'ignore' }).status === 3;

const keep = cleanup();
let user: CliUser;

beforeEach(() => {
  user = keep(createCliUser());
  writeAccount(user, 'edge.example.com', { user: 'alice@example.com', scopes: ['alice', 'acme', 'beta'] });
  writeAccount(user, 'edge.example.com@work', { user: 'bob@example.com', scopes: ['bob'] });
  writeAccount(user, 'other.example.org');
});

/** What is current, and what was before. */
const config = (): string => readFileSync(join(user.homes.beamd, 'config'), 'utf8').replace(/^#.*\n/, '');

interface Screen extends Terminal {
  /** All that was shown, without colours and moves of the cursor. */
  text(): string;
  /** Waits for the command to end; its exit code. */
  ended(): Promise<number>;
}

interface ScreenOptions {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

function onTerminal(bin: 'beamd' | 'runbeam', args: string, { columns = 100, env = {} }: ScreenOptions = {}): Screen {
  const line = `stty cols ${columns} rows 24; ${quoted(commandOf(bin))} ${args}; echo "ended with $?"`;
  const terminal = keep(openTerminal(line, { cwd: user.work, env: { ...user.env, ...env } }));
  const text = (): string => stripVTControlCharacters(terminal.shown());
  return {
    ...terminal,
    text,
    ended: async () => {
      await terminal.waitFor(/ended with \d+/);
      return Number(/ended with (\d+)/.exec(terminal.shown())?.[1]);
    },
  };
}

describe.skipIf(!TERMINAL)('on a terminal', () => {
  test('what is typed filters, and Enter takes what is left', async () => {
    const screen = onTerminal('beamd', 'switch');
    await screen.waitFor(/3 of 3/);
    expect(screen.text()).toContain('? Switch to which account?');
    expect(screen.text()).toContain('> edge.example.com as alice@example.com');
    screen.type('WORK');
    await screen.waitFor(/\D1 of 3/);
    screen.type('\r');
    expect(await screen.ended()).toBe(0);
    expect(screen.text()).toContain('✓ The current server is now edge.example.com (account work)');
    expect(config()).toBe('current: edge.example.com@work\n');
  });

  test('pasted with its Enter, it is taken, too; with one that fits nothing, it stays to be mended', async () => {
    const screen = onTerminal('beamd', 'switch');
    await screen.waitFor(/3 of 3/);
    screen.type('nobody\r');
    await screen.waitFor(/Nothing fits/);
    screen.type('\u007f'.repeat(6));
    await screen.waitFor(/3 of 3[^]*3 of 3/);
    screen.type('work\r');
    expect(await screen.ended()).toBe(0);
    expect(config()).toBe('current: edge.example.com@work\n');
  });

  test('the current one is where it begins; arrows move', async () => {
    await user.beamd('switch', 'edge.example.com', '--account', 'work');
    const screen = onTerminal('beamd', 'switch');
    await screen.waitFor(/> edge\.example\.com \(account work\), current as bob@example\.com/);
    screen.type('\u001b[B');
    await screen.waitFor(/> other\.example\.org/);
    screen.type('\r');
    expect(await screen.ended()).toBe(0);
    expect(config()).toBe('current: other.example.org\nprevious: edge.example.com@work\n');
  });

  test.each([
    ['Ctrl-C', '\u0003', 130, 'Interrupted'],
    ['Esc', '\u001b', 2, 'Nothing was chosen'],
    ['Ctrl-D', '\u0004', 2, 'Nothing was chosen'],
  ])('%s leaves all as it is', async (_, key, code, message) => {
    const screen = onTerminal('beamd', 'switch');
    await screen.waitFor(/3 of 3/);
    screen.type(key);
    expect(await screen.ended()).toBe(code);
    expect(screen.text()).toContain(message);
    expect(existsSync(join(user.homes.beamd, 'config'))).toBe(false);
  });

  test('nothing is wider than 40 columns, with 500 orgs', async () => {
    const scopes = ['alice', ...Array.from({ length: 500 }, (_, index) => `org-with-a-rather-long-name-of-its-own-${index}`)];
    writeAccount(user, 'edge.example.com', { scopes });
    const screen = onTerminal('beamd', 'link --server edge.example.com --account -', { columns: 40 });
    await screen.waitFor(/502 of 502/);
    screen.type('own-499');
    await screen.waitFor(/\D1 of 502/);
    // A move of the cursor begins a line, too.
    const lines = screen
      .shown()
      // eslint-disable-next-line no-control-regex -- what moves the cursor begins with one
      .split(/\r?\n|\u001b\[\d*[A-HJK]/)
      .map((line) => stripVTControlCharacters(line));
    expect(lines.filter((line) => line.length > 40)).toEqual([]);
    screen.type('\r');
    expect(await screen.ended()).toBe(0);
    expect(readFileSync(join(user.work, '.beamd'), 'utf8')).toBe(
      'server: edge.example.com\nscope: org-with-a-rather-long-name-of-its-own-499\n',
    );
  });

  test('link can leave the org to each', async () => {
    const screen = onTerminal('beamd', 'link --server edge.example.com --account -');
    await screen.waitFor(/alice \(your personal org\)/);
    screen.type('\r');
    expect(await screen.ended()).toBe(0);
    expect(readFileSync(join(user.work, '.beamd'), 'utf8')).toBe('server: edge.example.com\n');
  });

  test('a part of an org is chosen among those that have it', async () => {
    await user.beamd('switch', 'edge.example.com', '--account', '-');
    const screen = onTerminal('beamd', 'default et');
    await screen.waitFor(/\D1 of 3/);
    screen.type('\r');
    expect(await screen.ended()).toBe(0);
    expect(screen.text()).toContain('✓ The default org on edge.example.com is now beta');
  });

  test('unlink asks', async () => {
    const pin = writeText(user, '.beamd', 'server: edge.example.com\n');
    const screen = onTerminal('beamd', 'unlink');
    await screen.waitFor(/Remove what is pinned by .*\.beamd \(edge\.example\.com\)\? \[y\/N\]/);
    screen.type('n\r');
    expect(await screen.ended()).toBe(2);
    expect(existsSync(pin)).toBe(true);
  });

  describe('a list longer than the terminal', () => {
    const last = 'org-99';
    /** A pager that shows what it is given between two marks. */
    const bracketed = (...ends: readonly string[]): string => {
      const path = writeText(user, 'bin/own-pager', `#!/bin/sh\necho "{$LESS"; cat; ${ends.join('; ')}\necho "}"\n`);
      chmodSync(path, 0o755);
      return path;
    };

    beforeEach(async () => {
      const scopes = ['alice', ...Array.from({ length: 100 }, (_, index) => `org-${index}`)];
      writeAccount(user, 'edge.example.com', { scopes });
      await user.beamd('switch', 'edge.example.com', '--account', '-');
    });

    test('is shown in the pager, with its colours', async () => {
      const screen = onTerminal('beamd', 'orgs', { env: { BEAMD_PAGER: bracketed(), PAGER: '/nowhere', TERM: 'xterm' } });
      expect(await screen.ended()).toBe(0);
      // eslint-disable-next-line no-control-regex -- what sets a colour begins with one
      expect(screen.shown()).toMatch(/\{FRX\r\n.*\u001b\[1malice[^]*org-99\r\n\}\r\nended/);
    });

    test.each([
      ['is missing', { BEAMD_PAGER: 'no-such-pager' }],
      ['is none', { BEAMD_PAGER: '' }],
      ['would be one of the working folder', { BEAMD_PAGER: 'own-pager', PATH: `.:bin:${process.env['PATH'] ?? ''}` }],
    ])('is printed where the pager %s', async (_, env) => {
      bracketed();
      const screen = onTerminal('beamd', 'orgs', { env });
      expect(await screen.ended()).toBe(0);
      expect(screen.text()).toContain(`  ${last}`);
      expect(screen.text()).not.toContain('{FRX');
    });

    test('is printed with --no-pager, and where it fits', async () => {
      const env = { BEAMD_PAGER: bracketed() };
      for (const args of ['orgs --no-pager', 'orgs org-99']) {
        const screen = onTerminal('beamd', args, { env });
        expect(await screen.ended()).toBe(0);
        expect(screen.text()).toContain(`  ${last}`);
        expect(screen.text()).not.toContain('{FRX');
      }
    });

    test('a pager that is left early is no error, and one that cannot run shows nothing in vain', async () => {
      const early = onTerminal('beamd', 'orgs', { env: { BEAMD_PAGER: 'head -1' } });
      expect(await early.ended()).toBe(0);
      expect(early.text()).not.toContain(last);
      const broken = writeText(user, 'bin/broken', '#!/nowhere/at-all\n');
      chmodSync(broken, 0o755);
      const screen = onTerminal('beamd', 'orgs', { env: { BEAMD_PAGER: broken } });
      expect(await screen.ended()).toBe(0);
      expect(screen.text()).toContain(`  ${last}`);
    });

    test('no pager is given a token', async () => {
      const token = randomToken();
      const mark = markOf(new Secret(token), { key: 'edge.example.com' });
      const env = { BEAMD_PAGER: bracketed('env'), BEAMD_TOKEN: token, [TOKEN_OF]: mark };
      const screen = onTerminal('beamd', 'orgs', { env });
      expect(await screen.ended()).toBe(0);
      expect(screen.text()).toContain('BEAMD_PAGER=');
      expect(screen.text()).not.toContain(token);
    });
  });

  test('logout asks which where nothing says it', async () => {
    const screen = onTerminal('beamd', 'logout');
    await screen.waitFor(/Log out of which account\?/);
    screen.type('other');
    await screen.waitFor(/\D1 of 3/);
    screen.type('\r');
    expect(await screen.ended()).toBe(0);
    expect(existsSync(join(user.homes.beamd, 'accounts', 'other.example.org.yaml'))).toBe(false);
    expect(existsSync(join(user.homes.beamd, 'accounts', 'edge.example.com.yaml'))).toBe(true);
  });

  test('what removes a gateway asks even for the only one', async () => {
    await user.runbeam('harmony:add', '-l', 'only');
    const screen = onTerminal('runbeam', 'harmony:remove');
    await screen.waitFor(/> only \(127\.0\.0\.1:8081, [0-9a-f]{8}\)/);
    screen.type('\r');
    expect(await screen.ended()).toBe(0);
    expect(readFileSync(join(user.homes.runbeam, 'harmony.json'), 'utf8').trim()).toBe('[]');
  });

  test.each([{ CI: 'true' }, { TERM: 'dumb' }])('with %o nobody is asked', async (env) => {
    const screen = onTerminal('beamd', 'switch', { env });
    expect(await screen.ended()).toBe(2);
    expect(screen.text()).toContain('Say which account: edge.example.com');
  });
});

describe('without a terminal', () => {
  test('it is said what to type', async () => {
    await expectCli(user, 'beamd switch', {
      code: 2,
      stderr:
        'Error: Say which account: edge.example.com, edge.example.com (account work), other.example.org\nRun: beamd switch SERVER\n',
    });
    await expectCli(user, 'beamd logout', {
      code: 2,
      stderr: 'Error: You are logged in to several servers, and none is the current one\nRun: beamd logout --server HOST\n',
    });
    await user.runbeam('harmony:add', '-l', 'one');
    await expectCli(user, 'runbeam harmony:remove', {
      code: 2,
      stderr: 'Error: Say which gateway is meant: one\nRun: runbeam harmony:remove -l LABEL\n',
    });
  });

  test('switch - goes back and forth', async () => {
    const now = (title: string): { stdout: string } => ({ stdout: `✓ The current server is now ${title}\n` });
    await expectCli(user, 'beamd switch -', {
      code: 2,
      stderr: 'Error: No other account has been current yet\nRun: beamd switch\n',
    });
    await expectCli(user, 'beamd switch other.example.org', now('other.example.org'));
    await expectCli(user, 'beamd switch edge.example.com --account work', now('edge.example.com (account work)'));
    // To where one is already: that is not the way back.
    await expectCli(user, 'beamd switch edge.example.com --account work', now('edge.example.com (account work)'));
    await expectCli(user, 'beamd switch -', now('other.example.org'));
    await expectCli(user, 'beamd switch -', now('edge.example.com (account work)'));
    expect(config()).toBe('current: edge.example.com@work\nprevious: other.example.org\n');
    await user.beamd('logout', '--server', 'other.example.org');
    await expectCli(user, 'beamd switch -', {
      code: 4,
      stderr: 'Error: You are not logged in to other.example.org\nRun: beamd login --server other.example.org\n',
    });
  });

  test('what only reads takes the beginning of a name; what changes something takes the whole, in any case', async () => {
    await user.beamd('switch', 'edge.example.com', '--account', '-');
    const acme = { stdout: 'alice@example.com on edge.example.com for acme\n' };
    await expectCli(user, 'beamd whoami --scope AC', acme);
    await expectCli(user, 'beamd whoami --server ed --scope ac', acme);
    await expectCli(user, 'beamd whoami', acme, { env: { BEAMD_SCOPE: 'ACME' } });
    writeAccount(user, 'edgy.example.com');
    await expectCli(user, 'beamd whoami --server ed', {
      code: 2,
      stderr: 'Error: Several servers begin with ed: edge.example.com, edgy.example.com\nHint: Type more of its name\n',
    });
    await expectCli(user, 'beamd token --scope ac', {
      code: 6,
      stderr:
        'Error: edge.example.com has no org "ac" for you; orgs like it: acme\n' +
        'Run: beamd orgs --refresh --server edge.example.com\n',
    });
    await expectCli(user, 'beamd token --server edg', {
      code: 4,
      stderr: 'Error: You are not logged in to edg; did you mean edge.example.com?\nRun: beamd login --server edg\n',
    });
    await expectCli(user, 'beamd switch oth', { stdout: '✓ The current server is now other.example.org\n' });
  });

  test('a token of the environment goes to no server that was only begun', async () => {
    const env = { BEAMD_TOKEN: randomToken() };
    const { code, stderr } = await user.run('beamd', ['status', '--server', 'ed', '--json'], { env });
    expect([code, stderr]).toEqual([0, '']);
    const { stdout } = await user.run('beamd', ['status', '--server', 'ed', '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject({ server: 'ed', token: 'env' });
  });

  test('orgs are filtered, and a filter that fits none says so', async () => {
    writeAccount(user, 'big.example.com', { scopes: ['alice', ...Array.from({ length: 500 }, (_, index) => `org-${index}`)] });
    await user.beamd('switch', 'big');
    await expectCli(user, 'beamd orgs ORG-49', {
      stdout: ['org-49', ...Array.from({ length: 10 }, (_, index) => `org-49${index}`)].map((org) => `  ${org}\n`).join(''),
    });
    await expectCli(user, 'beamd orgs 499', { stdout: '  org-\u001b[33m499\u001b[39m\n' }, { env: { FORCE_COLOR: '1' } });
    await expectCli(user, 'beamd orgs zzz', {
      stderr: 'None of your 501 orgs on big.example.com has "zzz" in its name\n',
    });
    expect(await json(user, 'beamd:orgs', 'beamd orgs alice')).toMatchObject({ orgs: [{ slug: 'alice' }], active: 'alice' });
    await expectCli(user, 'beamd default org-4x', {
      code: 6,
      stderr:
        'Error: big.example.com has no org "org-4x" for you; its orgs: alice, org-0, org-1, org-2, org-3, org-4, org-5, org-6, ' +
        'org-7, org-8, and 491 more; did you mean org-4?\nRun: beamd orgs --refresh --server big.example.com\n',
    });
    await expectCli(user, 'beamd default rg-49', {
      code: 6,
      stderr:
        'Error: big.example.com has no org "rg-49" for you; orgs like it: org-49, org-490, org-491, org-492, org-493, org-494, ' +
        'org-495, org-496, org-497, org-498, and 1 more\nRun: beamd orgs rg-49 --server big.example.com\n',
    });
  });

  test('default is the org alone, and says on stderr what acts in its place', async () => {
    await user.beamd('switch', 'edge.example.com', '--account', '-');
    await expectCli(user, 'beamd default', { stdout: 'alice\n' });
    const set = await user.beamd('default', 'ACME');
    expect([set.code, set.stdout]).toEqual([0, '✓ The default org on edge.example.com is now acme\n']);
    const other = { stdout: 'acme\n', stderr: 'Here beta acts instead: BEAMD_SCOPE names it\n' };
    await expectCli(user, 'beamd default', other, { env: { BEAMD_SCOPE: 'beta' } });
    const pin = writeText(user, 'repo/.beamd', 'scope: beta\n');
    await expectCli(
      user,
      'beamd default',
      { stdout: 'acme\n', stderr: `Here beta acts instead: it stands in ${pin}\n` },
      { cwd: join(user.work, 'repo') },
    );
    await expectCli(user, 'beamd default', { stdout: 'acme\n' }, { env: { BEAMD_SCOPE: 'acme' } });
    await expectCli(user, 'beamd default --unset', {
      stdout: '✓ There is no default org on edge.example.com any more: alice acts, your first one\n',
    });
    expect(await json(user, 'beamd:default', 'beamd default')).toEqual({
      server: 'edge.example.com',
      default_scope: 'alice',
      stale: false,
      changed: false,
    });
    await expectCli(user, 'beamd default --choose', {
      code: 2,
      stderr: 'Error: Say which org is to be the default\nRun: beamd default ORG\n',
    });
    await expectCli(user, 'beamd default acme --unset', {
      code: 2,
      stderr: 'Error: Give an org, --choose or --unset, and not two of them\nRun: beamd default --help\n',
    });
  });

  test('unlink takes out what link wrote, and nothing else', async () => {
    await user.beamd('switch', 'edge.example.com', '--account', '-');
    const [pin, local] = [join(user.work, '.beamd'), join(user.work, '.beamd.local')];
    await expectCli(user, 'beamd unlink --force', {
      code: 2,
      stderr: `Error: ${user.work} is not linked\nRun: beamd link\n`,
    });
    await user.beamd('link', '--scope', 'Acme');
    expect(readFileSync(pin, 'utf8')).toBe('server: edge.example.com\nscope: acme\n');
    await expectCli(user, 'beamd unlink', {
      code: 2,
      stderr: `Error: There is nobody to ask whether to remove ${pin} (edge.example.com, org acme)\nRun: beamd unlink --force\n`,
    });
    await expectCli(user, 'beamd unlink --force', { stdout: `✓ Removed ${pin}\n` });
    expect(existsSync(pin)).toBe(false);
    writeText(user, '.beamd', '# Ours.\nname: web\nserver: edge.example.com\n');
    writeText(user, '.beamd.local', 'account: work\n');
    expect(await json(user, 'beamd:unlink', 'beamd unlink --local --force')).toEqual({
      files: [{ path: local, removed: true }],
      stays: { path: pin, server: 'edge.example.com' },
    });
    await expectCli(user, 'beamd unlink --force', {
      stdout: `✓ Took server, org and account out of ${pin}; the rest of it stays\n`,
    });
    expect(readFileSync(pin, 'utf8')).toBe('# Ours.\nname: web\n');
    writeText(user, '.beamd', 'server: edge.example.com\n');
    await expectCli(
      user,
      'beamd unlink --force',
      {
        code: 2,
        stderr:
          `Error: ${join(user.work, 'below')} is not linked itself; ${pin} pins it\n` +
          'Hint: Edit that file, or run beamd unlink in its folder\n',
      },
      { cwd: dirname(writeText(user, 'below/file', '')) },
    );
  });
});
