/** `beamd setup`: what it writes into the settings of other programs, what it leaves alone, and what it takes back. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser, type Ran } from '../support/cli-user.ts';
import { fitting } from '../support/expect-cli.ts';
import { writeText } from '../support/files.ts';
import { withPrograms } from '../support/shell.ts';
import { openTerminal } from '../support/terminal.ts';
import { writeAccount } from '../support/written-accounts.ts';

const keep = cleanup();
let user: CliUser;
/** With our programs on the PATH. */
let env: Record<string, string>;

beforeEach(() => {
  user = keep(createCliUser());
  env = { ...withPrograms(user), GIT_CONFIG_NOSYSTEM: '1' };
  writeAccount(user, 'edge.example.com');
});

const run = (...args: string[]): Promise<Ran> => user.run('beamd', ['setup', ...args], { env });
const inHome = (...path: string[]): string => join(user.home, ...path);
/** Writes a file in the home folder. */
const put = (path: readonly string[], text: string): string => writeText(user, join('..', ...path), text);
const read = (...path: string[]): string => readFileSync(inHome(...path), 'utf8');

async function outcome(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run(...args, '-y', '--json');
  expect([code, stderr]).toEqual([0, '']);
  return (fitting(`beamd:setup:${args[0] ?? ''}`, stdout) as { outcome: string }).outcome;
}

describe('git', () => {
  const GIT = '# mine\n[user]\n\tname = A\n[credential]\n\thelper = store # for all\n';
  const ADDED = '[credential "https://edge.example.com"]\n\thelper = \n\thelper = beamd\n';

  test('adds a helper for the edge alone, and takes it back', async () => {
    put(['.gitconfig'], GIT);
    expect(await run('git', '-y')).toEqual({
      code: 0,
      stdout: '✓ git gets its tokens of edge.example.com here now (git config --global)\n',
      stderr: '',
    });
    expect(read('.gitconfig')).toBe(GIT + ADDED);
    expect(await outcome('git')).toBe('there');
    expect(read('.gitconfig')).toBe(GIT + ADDED);
    const helpers = (url: string): string =>
      execFileSync('git', ['config', '--get-urlmatch', 'credential.helper', url], { env, encoding: 'utf8' });
    expect([helpers('https://edge.example.com/a.git'), helpers('https://other.example.com/')]).toEqual(['beamd\n', 'store\n']);
    expect(await outcome('git', '--undo')).toBe('removed');
    expect(read('.gitconfig')).toBe(GIT);
    expect(await outcome('git', '--undo')).toBe('absent');
  });

  test('helpers that stand there already stay, and are asked again after --undo', async () => {
    const before = '[credential "https://edge.example.com"]\n\thelper = cache\n';
    put(['.gitconfig'], before);
    expect(await outcome('git')).toBe('written');
    expect(read('.gitconfig')).toBe(`${before}\thelper = \n\thelper = beamd\n`);
    expect(await outcome('git', '--undo')).toBe('removed');
    expect(read('.gitconfig')).toBe(before);
  });

  test('an account with a name is asked for by it; another user name is not replaced', async () => {
    writeAccount(user, 'edge.example.com@work');
    expect(await outcome('git', '--account', 'work')).toBe('written');
    expect(read('.gitconfig')).toBe(`${ADDED}\tusername = work\n`);
    // The one without a name would not be the one that git asks for.
    expect((await run('git', '--account', '-', '-y')).code).toBe(2);
    expect(await outcome('git', '--account', 'work', '--undo')).toBe('removed');
    expect(read('.gitconfig')).toBe('');
    put(['.gitconfig'], '[credential "https://edge.example.com"]\n\tusername = me\n');
    expect(await run('git', '--account', 'work', '-y')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'Error: git has another user name for https://edge.example.com already\nRun: git config --global --unset-all credential.https://edge.example.com.username\n',
    });
  });

  test('where no name on the PATH leads to it, git is told the whole way, and finds it', async () => {
    const [program, ...args] = commandOf('beamd');
    const bare = { ...env, PATH: user.env['PATH'] ?? '' };
    expect((await user.run('beamd', ['setup', 'git', '-y'], { env: bare })).code).toBe(0);
    const helper = execFileSync('git', ['config', '--global', '--get-all', 'credential.https://edge.example.com.helper'], {
      env: bare,
      encoding: 'utf8',
    });
    expect(helper).toMatch(/^\n!\/.* credential git\n$/);
    if (args.length > 0) expect(helper).toBe(`\n!${[program, ...args].join(' ')} credential git\n`);
    const filled = spawnSync('git', ['credential', 'fill'], {
      env: { ...bare, GIT_TERMINAL_PROMPT: '0' },
      input: 'protocol=https\nhost=edge.example.com\n\n',
      encoding: 'utf8',
    });
    expect(filled.stdout).toMatch(/^protocol=https\nhost=edge\.example\.com\nusername=__token__\npassword=\S+\n/);
    expect(await outcome('git', '--undo')).toBe('removed');
  });
});

describe('docker', () => {
  const DOCKER = '{\n  "credsStore": "desktop",\n  "auths": {\n    "b": {},\n    "a": {}\n  },\n  "proxies": {}\n}';

  test('adds a helper for the registry, behind a symbolic link, in the order and layout of the file; and takes it back', async () => {
    put(['dotfiles', 'docker.json'], DOCKER);
    put(['.docker', 'other'], '');
    symlinkSync('../dotfiles/docker.json', inHome('.docker', 'config.json'));
    expect(await run('docker', '-y')).toEqual({
      code: 0,
      stdout: `✓ docker gets its tokens of edge.example.com here now (${inHome('.docker', 'config.json')})\n`,
      stderr: '',
    });
    expect(read('dotfiles', 'docker.json')).toBe(
      `${DOCKER.slice(0, -2)},\n  "credHelpers": {\n    "edge.example.com": "beamd"\n  }\n}`,
    );
    expect(lstatSync(inHome('.docker', 'config.json')).isSymbolicLink()).toBe(true);
    expect(await outcome('docker')).toBe('there');
    expect(await outcome('docker', '--undo')).toBe('removed');
    expect(read('dotfiles', 'docker.json')).toBe(DOCKER);
    expect(await outcome('docker', '--undo')).toBe('absent');
  });

  test('a new file is its owner’s; the folder of DOCKER_CONFIG counts', async () => {
    env = { ...env, DOCKER_CONFIG: inHome('d') };
    expect(await outcome('docker')).toBe('written');
    expect(read('d', 'config.json')).toBe('{\n\t"credHelpers": {\n\t\t"edge.example.com": "beamd"\n\t}\n}\n');
    expect([statSync(inHome('d')).mode & 0o777, statSync(inHome('d', 'config.json')).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  test('another helper of that registry is not replaced, and not taken out', async () => {
    const text = '{"credHelpers":{"edge.example.com":"pass"}}';
    put(['.docker', 'config.json'], text);
    expect(await run('docker', '-y')).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: docker has another helper for edge.example.com already\nHint: Take "edge.example.com" out of "credHelpers" in ${inHome('.docker', 'config.json')} first\n`,
    });
    expect(await outcome('docker', '--undo')).toBe('absent');
    expect(read('.docker', 'config.json')).toBe(text);
  });

  test.each(['[]', '{', '{"credHelpers": 1}'])('%j is left as it is', async (text) => {
    put(['.docker', 'config.json'], text);
    expect((await run('docker', '-y')).code).toBe(2);
    expect(read('.docker', 'config.json')).toBe(text);
  });

  test('where docker would not find the helper, nothing is written', async () => {
    expect(await user.run('beamd', ['setup', 'docker', '-y'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^Error: There is no docker-credential-beamd /) as string,
    });
    expect(existsSync(inHome('.docker'))).toBe(false);
  });
});

test('many at once lose nothing of each other, and take it back', async () => {
  const hosts = Array.from({ length: 5 }, (_, at) => `e${at}.example.com`);
  for (const host of hosts) writeAccount(user, host);
  const all = ['docker', 'kube', 'git'].flatMap((program) => hosts.map((host) => [program, '--server', host]));
  // The last one twice, which has to find what the other wrote.
  const lines = [...all, ['git', '--server', 'e4.example.com']];
  const codes = await Promise.all(lines.map(async (args) => (await run(...args, '-y')).code));
  expect(codes).toEqual(lines.map(() => 0));
  const { credHelpers } = JSON.parse(read('.docker', 'config.json')) as { credHelpers: object };
  expect(Object.keys(credHelpers).toSorted()).toEqual(hosts);
  expect([...read('.kube', 'config').matchAll(/name: beamd:(\S+)/g)].map(([, host]) => host).toSorted()).toEqual(hosts);
  const sections = read('.gitconfig').split(/(?=\[)/);
  const section = (host: string): string => `[credential "https://${host}"]\n\thelper = \n\thelper = beamd\n`;
  expect(sections.toSorted()).toEqual(hosts.map(section));
  await Promise.all(all.map((args) => run(...args, '--undo', '-y')));
  expect([read('.docker', 'config.json'), read('.kube', 'config'), read('.gitconfig')]).toEqual([
    '{}\n',
    'apiVersion: v1\nkind: Config\nusers: []\n',
    '',
  ]);
});

describe('kubectl', () => {
  test('makes a kubeconfig where there is none; a user that was changed is put right', async () => {
    expect(await run('kube', '-y')).toEqual({
      code: 0,
      stdout: `✓ kubectl gets its tokens of edge.example.com here now (${inHome('.kube', 'config')})\nRun: kubectl config set-context --current --user beamd:edge.example.com\n`,
      stderr: '',
    });
    const written = read('.kube', 'config');
    put(['.kube', 'config'], written.replace('interactiveMode: Never', 'interactiveMode: Always'));
    expect(await outcome('kube')).toBe('written');
    expect(read('.kube', 'config')).toBe(written);
    expect(await outcome('kube')).toBe('there');
    expect(await outcome('kube', '--undo')).toBe('removed');
    expect(read('.kube', 'config')).toBe('apiVersion: v1\nkind: Config\nusers: []\n');
    expect(existsSync(inHome('.kube', 'config.lock'))).toBe(false);
  });

  test('waits for no other writer, and takes the first file of KUBECONFIG', async () => {
    const [one, two] = [inHome('one'), inHome('two')];
    env = { ...env, KUBECONFIG: `${one}:${two}` };
    put(['one.lock'], '');
    expect(await run('kube', '-y')).toEqual({
      code: 1,
      stdout: '',
      stderr: `Error: Another program changes the file now: there is ${one}.lock\nHint: Try again; if nothing has the file open, remove ${one}.lock\n`,
    });
    expect([existsSync(one), existsSync(two)]).toEqual([false, false]);
  });
});

test('what was set up for a login that is gone is found by the doctor, and taken back', async () => {
  expect([await outcome('git'), await outcome('docker'), await outcome('kube')]).toEqual(['written', 'written', 'written']);
  rmSync(join(user.homes.beamd, 'accounts', 'edge.example.com.yaml'));
  const { stdout } = await user.run('beamd', ['doctor', '--offline', '--json'], { env });
  const { findings } = fitting('beamd:doctor', stdout) as { findings: { check: string; hint?: string }[] };
  const undo = ['git', 'docker', 'kube'].map((program) => {
    return `beamd setup ${program} --undo --server ${program === 'git' ? 'https://' : ''}edge.example.com`;
  });
  expect(findings.filter(({ check }) => check === 'helpers').map(({ hint }) => hint)).toEqual(undo);
  for (const command of undo) expect(await outcome(...command.split(' ').slice(2))).toBe('removed');
  expect([read('.gitconfig'), read('.docker', 'config.json'), read('.kube', 'config')]).toEqual([
    '',
    '{}\n',
    'apiVersion: v1\nkind: Config\nusers: []\n',
  ]);
});

describe('before it is written', () => {
  const LINES = ['[credential "https://edge.example.com"]', '  helper =', '  helper = beamd']
    .map((line) => `  ${line}\n`)
    .join('');

  test('it is shown; where nobody can be asked, nothing is written', async () => {
    expect(await run('git')).toEqual({
      code: 2,
      stdout: '',
      stderr: `These lines go into git config --global\n${LINES}Error: There is nobody to ask for a yes\nRun: beamd setup git --server edge.example.com -y\n`,
    });
    expect(existsSync(inHome('.gitconfig'))).toBe(false);
  });

  test.skipIf(spawnSync('script', ['-qec', 'exit 3', '/dev/null'], { stdio: 'ignore' }).status !== 3)(
    'on a terminal it is written after a yes, and only then',
    async () => {
      const asked = async (answer: string): Promise<string> => {
        const line = `${quoted(commandOf('beamd'))} setup git; echo "ended with $?"`;
        const terminal = keep(openTerminal(line, { cwd: user.work, env, columns: 80 }));
        await terminal.waitFor(/Write them\? \[y\/N\]/);
        terminal.type(`${answer}\n`);
        await terminal.waitFor(/ended with \d+/);
        return stripVTControlCharacters(terminal.shown()).replaceAll('\r', '');
      };
      expect(await asked('n')).toContain(
        'Error: Nothing was changed\nRun: beamd setup git --server edge.example.com -y\nended with 2',
      );
      expect(existsSync(inHome('.gitconfig'))).toBe(false);
      expect(await asked('y')).toContain('✓ git gets its tokens of edge.example.com here now');
      expect(read('.gitconfig')).toContain('helper = beamd');
    },
  );
});
