/** Help and versions of both programs, whichever way they are asked for. How lines are wrapped is tested beside it. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT, STANDALONE_BIN } from '../../sandbox/testing.ts';
import { commandsOf, readLicenses, readManifest, TOPIC_SEPARATORS, type Bin } from '../../src/cli/routing/manifest.ts';
import { cleanup } from '../support/cleanup.ts';
import { writeText } from '../support/files.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { expectCli } from '../support/expect-cli.ts';
import { recordNetwork, type NetworkRecord } from '../support/network.ts';

/** So many programs run at a time. */
const AT_ONCE = 4;

const keep = cleanup(afterAll);
let user: CliUser;
let network: NetworkRecord;

beforeAll(() => {
  user = keep(createCliUser());
  network = recordNetwork(user);
});

const BINS = ['beamd', 'runbeam'] as const;
const commands = (bin: Bin): string[] => [...commandsOf(readManifest(PACKAGE_ROOT), bin).keys()];
/** The words that group commands. */
const topics = (bin: Bin): string[] => [...new Set(commands(bin).flatMap((id) => id.split(':').slice(0, -1)))];
/** As it is typed: `agent start`, `harmony:list`. */
const typed = (bin: Bin, id: string): string => id.replaceAll(':', TOPIC_SEPARATORS[bin]);

async function helpOf(bin: Bin, words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await user.run(bin, words, { env: { ...network.env, ...env } });
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
  return stdout;
}

async function some<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE) await Promise.all(all.slice(at, at + AT_ONCE).map(act));
}

describe.each(BINS)('%s', (bin) => {
  test('every command shows its usage and examples, and that needs no network, no agent and no home', async () => {
    const home = join(user.root, 'no-home');
    await some(commands(bin), async (id) => {
      const line = typed(bin, id);
      const help = await helpOf(bin, [...line.split(' '), '--help'], { HOME: home });
      expect(help).toContain(`\nUSAGE\n  $ ${bin} ${line}`);
      expect(help).toContain('\nEXAMPLES\n');
    });
    expect({ home: existsSync(home), work: readdirSync(user.work), agents: user.agents(), network: network.take() }).toEqual({
      home: false,
      work: [],
      agents: [],
      network: [],
    });
  });

  test('a topic and a command in it are found in every way to ask', async () => {
    const [nested = ''] = commands(bin).filter((id) => id.includes(':'));
    const ids = [...topics(bin), nested];
    await some(ids, async (id) => {
      const words = typed(bin, id).split(' ');
      const first = await helpOf(bin, ['help', ...words]);
      expect(first).toContain('\nUSAGE\n');
      for (const way of [
        [...words, '--help'],
        [...words, '-h'],
        ['help', id],
      ])
        expect({ way, help: await helpOf(bin, way) }).toEqual({ way, help: first });
      if (topics(bin).includes(id)) expect(await helpOf(bin, words)).toBe(first);
    });
  });

  test('tells of what is no command', async () => {
    const heads = await Promise.all(
      ['scopes', 'environment', 'exit-codes', 'error', 'files'].map(
        async (subject) => (await helpOf(bin, ['help', subject])).split('\n')[0],
      ),
    );
    expect(heads).toEqual([
      'Which edge and org a command acts for',
      'Variables that are read',
      'What the exit code of a command means',
      'What an error means, and what helps',
      'What is kept on this machine, and where',
    ]);
    expect(await helpOf(bin, ['help', 'error', 'network'])).toContain(`\n    Run \`${bin} doctor\`: `);
    expect(await user.run(bin, ['help', 'error', 'netwrok'])).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: There is no error code netwrok; did you mean network?\nRun: ${bin} help error\n`,
    });
    // Only after `help`: else it is the name of a command.
    expect((await user.run(bin, ['files', '--help'])).code).toBe(2);
  });

  test('takes a subject or a code in any case, and leads on from what is nearly one', async () => {
    expect(await helpOf(bin, ['help', 'error', 'NETWORK'])).toBe(await helpOf(bin, ['help', 'error', 'network']));
    expect(await helpOf(bin, ['help', 'error', 'Bad-File'])).toBe(await helpOf(bin, ['help', 'error', 'bad_file']));
    for (const [word, subject] of [
      ['errors', 'error'],
      ['File', 'files'],
      ['exit-code', 'exit-codes'],
    ] as const) {
      expect(await helpOf(bin, ['help', word])).toBe(await helpOf(bin, ['help', subject]));
    }
    for (const [words, subject] of [
      ['enviroment', 'environment'],
      ['exit', 'exit-codes'],
      ['error network x', 'error'],
    ] as const) {
      expect(await user.run(bin, ['help', ...words.split(' ')])).toEqual({
        code: 2,
        stdout: '',
        stderr: `Error: There is no help on "${words}"\nRun: ${bin} help ${subject}\n`,
      });
    }
    expect((await user.run(bin, ['help', 'topics'])).stderr).toBe(
      `Error: ${bin} has no command named "topics"\nRun: ${bin} --help\n`,
    );
  });

  test('the program itself shows its commands in every way to ask', async () => {
    const first = await helpOf(bin, ['help']);
    expect(first).toContain(`\nUSAGE\n  $ ${bin} COMMAND [FLAGS]\n`);
    const words = commands(bin)
      .filter((id) => id !== 'check')
      .map((id) => [id.replace(/:.*/, ''), ...(bin === 'beamd' ? [] : [id])]);
    const missing = words.filter((names) => !names.some((name) => new RegExp(`^  ${name} `, 'm').test(first)));
    expect(missing).toEqual([]);
    await some([[], ['--help'], ['-h'], ['help', '--help']], async (way) => {
      expect({ way, help: await helpOf(bin, way) }).toEqual({ way, help: first });
    });
  });

  test('how to begin, until there is a login', async () => {
    const start = '\nSTART HERE\n';
    expect(await helpOf(bin, [])).toContain(start);
    const other = keep(createCliUser());
    writeText(other, '../.beamd/accounts/edge.example.com.yaml', 'server: edge.example.com\ntoken: x\n');
    writeText(other, '../.beamd/accounts/api.runbeam.io.yaml', 'server: api.runbeam.io\nprovider: runbeam\ntoken: x\n');
    expect((await other.run(bin, [])).stdout).not.toContain(start);
    // What cannot be read is no reason to tell nothing.
    const odd = await user.run(bin, [], { env: { BEAMD_HOME: 'relative' } });
    expect({ ...odd, stdout: odd.stdout.includes(start) }).toEqual({ code: 0, stdout: false, stderr: '' });
  });

  test('its version', async () => {
    for (const way of ['--version', '-v']) {
      expect(await helpOf(bin, [way])).toMatch(
        new RegExp(`^${bin}/\\d+\\.\\d+\\.\\d+ \\S+ ${STANDALONE_BIN === undefined ? 'node-v\\S+' : 'standalone'}\\n$`),
      );
    }
  });

  test('the licenses of what is in it', async () => {
    const ofPackage = readLicenses(PACKAGE_ROOT);
    const licenses = await helpOf(bin, ['--licenses']);
    expect(licenses.slice(0, ofPackage.length)).toBe(ofPackage);
    // There is more in an executable.
    const more = STANDALONE_BIN === undefined ? /^$/ : /^\n-+\n\n@napi-rs\/keyring [^]*\nBun \(MIT\)/;
    expect(licenses.slice(ofPackage.length)).toMatch(more);
  });

  test.each(['help nope', 'nope --help', 'nope -h', '--help nope'])(
    'there is no help for what there is not: %s',
    async (line) => {
      await expectCli(user, `${bin} ${line}`, {
        code: 2,
        stderr: `Error: ${bin} has no command named "nope"\nRun: ${bin} --help\n`,
      });
    },
  );

  test('nor for what a topic has not', async () => {
    const [topic = ''] = topics(bin);
    const { code, stdout, stderr } = await user.run(bin, ['help', ...typed(bin, `${topic}:nope`).split(' ')]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^Error: ${bin} has no command named "${topic}[ :]nope"\n`));
  });

  test('fits the columns that are told', async () => {
    const at = (columns: string): Promise<string> => helpOf(bin, ['login', '--help'], { COLUMNS: columns });
    const [narrow, below, wide, beyond, none, odd] = await Promise.all(['40', '1', '200', '5000', '', 'wide'].map(at));
    expect(below).toBe(narrow);
    expect(beyond).toBe(wide);
    expect([none, odd]).toEqual([await at('80'), await at('80')]);
    expect(narrow).not.toBe(wide);
  });
});

test('an alias shows the command that it is of', async () => {
  const orgs = await helpOf('beamd', ['orgs', '--help']);
  expect(await helpOf('beamd', ['scopes', '--help'])).toBe(orgs);
  expect(await helpOf('beamd', ['help', 'orgs'])).toBe(orgs);
});
