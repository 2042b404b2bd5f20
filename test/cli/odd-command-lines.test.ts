/** Command lines that are nearly right: what a script must be able to rely on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';

const keep = cleanup(afterAll);
let user: CliUser;

beforeAll(() => {
  user = keep(createCliUser({ env: { BEAMD_TOKEN: 'of-the-environment', BEAMD_SERVER: 'edge.example.com' } }));
});

describe('a command in either spelling', () => {
  it.each([
    ['runbeam', 'token:get -g x --raw', 'token get -g x --raw'],
    ['runbeam', 'harmony:list', 'harmony list'],
    ['runbeam', 'harmony:list --json', 'harmony --json list'],
    ['runbeam', 'config:get api-url', 'config get api-url'],
    ['beamd', 'agent status', 'agent:status'],
    ['beamd', 'agent status --server x.example.com', 'agent --server x.example.com status'],
    ['beamd', 'agent log --nope', 'agent:log --nope'],
  ] as const)('%s %s is %s', async (bin, line, other) => {
    const ran = await user.run(bin, line.split(' '));
    expect(await user.run(bin, other.split(' '))).toEqual(ran);
    expect(ran.stderr).not.toContain('no command named');
  });

  it('a topic alone shows its commands, and is an error where JSON is wanted', async () => {
    const help = await user.beamd('agent');
    expect([help.code, help.stdout.includes('agent status')]).toEqual([0, true]);
    const json = await user.beamd('agent', '--json');
    expect(json).toEqual({
      code: 2,
      stderr: '',
      stdout: `${JSON.stringify({ error: { code: 'usage', message: 'beamd has no command named "agent"', hint: 'beamd agent --help' } }, null, 2)}\n`,
    });
  });
});

describe('wrong usage in words', () => {
  // Each kind of error that oclif's parser has and a command of ours can bring about.
  it.each([
    ['runbeam', 'config:set', 'Missing: KEY VALUE'],
    ['runbeam', 'config:set api_url', 'Missing: VALUE'],
    ['runbeam', 'token:get', 'Missing: --gateway CODE'],
    ['beamd', 'credential kube', 'Missing: --server HOST'],
    ['beamd', 'whoami extra more', 'Unexpected argument: extra'],
    ['runbeam', 'verify extra', 'Unexpected argument: extra'],
    ['beamd', 'token --tokn=abc', 'There is no flag --tokn'],
    ['runbeam', 'harmony:add --prt 1', 'There is no flag --prt; did you mean --port?'],
    ['beamd', 'completion tcsh', 'SHELL is bash, zsh or fish'],
    ['runbeam', 'completion bsh', 'SHELL is bash, zsh or fish; did you mean bash?'],
    ['beamd', 'agent env --shell tcsh', '--shell takes sh, fish or powershell'],
    ['beamd', 'agent env --shell', '--shell takes sh, fish or powershell'],
    ['runbeam', 'harmony:authorize --via clou', '--via takes cloud or harmony; did you mean cloud?'],
    ['beamd', 'orgs --server', 'There is no value for --server HOST'],
    ['runbeam', 'harmony:add -p', 'There is no value for --port PORT'],
    ['beamd', 'orgs --server a --server b', '--server is given more than once'],
    ['runbeam', 'harmony:add -p 1 --port 2', '--port is given more than once'],
    ['beamd', 'orgs --json=false', '--json takes no value'],
    ['runbeam', 'harmony:remove --yes=false', '--yes takes no value'],
    ['beamd', 'login --no-browser=1', '--no-browser takes no value'],
    ['runbeam', 'harmony:add -p abc', '--port takes a whole number'],
    ['beamd', 'agent log -n 0', '--lines takes a whole number of 1 or more'],
    ['beamd', 'agent top --interval 3601', '--interval takes a whole number from 1 to 3600'],
    ['beamd', 'token --watch', '--watch needs --out FILE'],
    ['beamd', 'token --signal HUP:1234', '--signal needs --watch and --out FILE'],
    ['runbeam', 'harmony:remove -i 127.0.0.1', '--ip needs --port PORT'],
    ['beamd', 'token --out x --export', '--out and --export do not go together'],
    ['runbeam', 'harmony:info -l a --id b', '--label and --id do not go together'],
  ] as const)('%s %s', async (bin, line, message) => {
    expect(await user.run(bin, line.split(' '))).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: ${message}\nHint: Add --help to see how it is used\n`,
    });
  });

  it('is JSON where that is asked for, and where it is what does not go together', async () => {
    const error = { code: 'usage', message: '--out and --json do not go together', hint: 'Add --help to see how it is used' };
    expect(await user.beamd('token', '--json', '--out', 'x')).toEqual({
      code: 2,
      stdout: `${JSON.stringify({ error }, null, 2)}\n`,
      stderr: '',
    });
  });
});

it('wrong usage is told in plain words where there are colours, too', async () => {
  const { stderr } = await user.run('runbeam', ['harmony:info', '-l', 'a', '--id', 'b'], { env: { FORCE_COLOR: '1' } });
  // Ours alone: the parser dims its words, of which only the sequence without its first character would be left.
  expect(stderr).toMatch(/ --label and --id do not go together\n/u);
});

it.runIf(process.platform === 'linux')('a folder that cannot be made is an error, not a wait without end', async () => {
  const env = { BEAMD_HOME: '/proc/nowhere/b', BEAMD_TOKEN: undefined };
  expect(await user.run('beamd', ['login', '--server', '127.0.0.1:9', '--token', '-'], { env, stdin: 'x' })).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^Error: Cannot write \/proc\/nowhere/) as unknown,
  });
});

describe('exec', () => {
  it.each([
    [
      ['exec', 'printenv', '--scope', 'acme'],
      'Flags of the command would be taken for flags of beamd exec: put -- before the command',
    ],
    [['exec', '--', ''], 'There is no command to run'],
  ])('%j is refused', async (words, message) => {
    const stderr = `Error: ${message}\nRun: beamd exec -- COMMAND\n`;
    expect(await user.beamd(...words)).toEqual({ code: 2, stdout: '', stderr });
  });

  it.each([
    [['exec', 'echo', 'a', 'a'], 'a a'],
    [['exec', '--', 'echo', '--scope', 'a', '--', '--json', '', '--', 'a'], '--scope a -- --json  -- a'],
    [['--scope', 'b', 'exec', '--server', 'edge.example.com', '--', 'echo', '--'], '--'],
  ])('%j runs the program with all of its own words', async (words, stdout) => {
    expect(await user.beamd(...words)).toEqual({ code: 0, stdout: `${stdout}\n`, stderr: '' });
  });
});
