/** Choosing on a terminal, and what is said where there is none. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../support/cli-user.ts';
import { expectCli } from '../support/expect-cli.ts';
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

function onTerminal(bin: 'beamd' | 'runbeam', args: string, { columns = 100, env = {} } = {}): Screen {
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
    expect(screen.text()).toContain('The current server is now edge.example.com (account work)');
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
      stderr: 'Error: Say which Harmony instance is meant: one\nRun: runbeam harmony:remove -l LABEL\n',
    });
  });

  test('switch - goes back and forth', async () => {
    const now = (title: string): { stdout: string } => ({ stdout: `The current server is now ${title}\n` });
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
});
