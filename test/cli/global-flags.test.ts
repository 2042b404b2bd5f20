/** Flags that every command has, before it and after it: how much is told, and in which colours. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import type { CliUser } from '../support/cli-user.ts';
import { writeText } from '../support/files.ts';
import { startEdgeUser } from '../support/edge.ts';
import { succeeded } from '../support/login.ts';

const keep = cleanup(afterAll);
let edge: BeamAuthEdge;
let user: CliUser;

beforeAll(async () => {
  ({ edge, user } = await startEdgeUser(keep));
  succeeded(await user.beamd('token'));
});

/** A line that both programs understand, and that fails. */
const FAILS = { beamd: ['default', 'nobody'], runbeam: ['harmony:info', '-l', 'nobody'] } as const;

describe.each(['beamd', 'runbeam'] as const)('%s', (bin) => {
  const places = (flag: string): string[][] => [
    [flag, ...FAILS[bin]],
    [...FAILS[bin], flag],
  ];

  test('--debug shows frames with an error, wherever it stands, and no message but ours', async () => {
    const plain = await user.run(bin, FAILS[bin]);
    expect(plain).toMatchObject({ code: bin === 'beamd' ? 6 : 2, stdout: '' });
    for (const line of [...places('--debug'), ...places('-vv')]) {
      const { code, stdout, stderr } = await user.run(bin, line);
      const own = stderr.split('\n').filter((text) => !/ \(\d+(?:\.\d)? ms\)$/.test(text));
      expect({ line, code, stdout }).toEqual({ line, code: plain.code, stdout: '' });
      expect(own.join('\n').startsWith(`${plain.stderr}BeamError\n    at `)).toBe(true);
      expect(own.filter((text) => text !== '' && !text.startsWith('    at ')).join('\n')).toBe(
        `${plain.stderr}BeamError\nHelp: ${bin} help error ${bin === 'beamd' ? 'unknown_scope' : 'not_found'}`,
      );
    }
  });

  test('--no-color wins over what the environment wants', async () => {
    const env = { FORCE_COLOR: '1' };
    expect((await user.run(bin, FAILS[bin], { env })).stderr).toContain('\u001b[');
    for (const line of places('--no-color')) expect((await user.run(bin, line, { env })).stderr).not.toContain('\u001b');
    expect((await user.run(bin, ['--help'], { env })).stdout).toContain('\u001b[');
    expect((await user.run(bin, ['--no-color', '--help'], { env })).stdout).not.toContain('\u001b');
  });

  test('version', async () => {
    const line = (await user.run(bin, ['--version'])).stdout;
    for (const words of [['version'], ['-V'], ['--no-color', '-V'], ['-q', 'version']]) {
      expect(await user.run(bin, words)).toEqual({ code: 0, stdout: line, stderr: '' });
    }
    const { stdout } = await user.run(bin, ['version', '--json']);
    const { name, version, platform, runtime } = JSON.parse(stdout) as Record<string, string>;
    expect(`${name}/${version} ${platform} ${runtime}\n`).toBe(line);
  });
});

/** Without what is different each time. */
const steady = (stderr: string): string[] => stderr.split('\n').map((line) => line.replace(/\(\d+(?:\.\d)? ms\)$/, '(N ms)'));

test('-v tells which files were read, which hosts were asked, and how long it took; the result stays alone', async () => {
  const plain = await user.beamd('token');
  const host = edge.origin.replace('http://', '');
  const file = `${user.home}/.beamd/accounts/${host.replace(':', '_')}.yaml`;
  for (const line of [
    ['-v', 'token'],
    ['token', '--verbose'],
  ]) {
    const { code, stdout, stderr } = await user.run('beamd', line);
    expect({ code, stdout }).toEqual({ code: 0, stdout: plain.stdout });
    expect(steady(stderr)).toEqual([
      `read ${user.home}/.beamd/config (N ms)`,
      `read ${file} (N ms)`,
      `agent of ${host}: ready (N ms)`,
      `agent of ${host}: token (N ms)`,
      '',
    ]);
  }
  const { stdout, stderr } = await user.beamd('-v', 'status', '--check', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ server: edge.origin });
  expect(steady(stderr)).toContain(`GET ${edge.origin}/api/scopes: 200 (N ms)`);
});

test('-v tells what was written', async () => {
  const { stderr } = await user.beamd('default', 'acme', '-v');
  expect(steady(stderr).some((line) => /^write .+\/\.beamd\/accounts\/.+\.yaml \(N ms\)$/.test(line))).toBe(true);
});

test('-q leaves out notes, and neither results nor errors', async () => {
  const { stderr } = await user.beamd('default', 'nobody', '-q');
  expect(stderr).toBe((await user.beamd('default', 'nobody')).stderr);
  const path = '../.beamd/accounts/nowhere.example.com.yaml';
  writeText(user, path, 'server: [\n');
  const noted = await user.beamd('accounts');
  expect(noted.stderr).not.toBe('');
  expect(await user.beamd('-q', 'accounts')).toEqual({ ...noted, stderr: '' });
  expect(await user.beamd('accounts', '-q', '-v')).toEqual({ ...noted, stderr: '' });
});

test('what belongs to another program is left to it', async () => {
  const { stdout, stderr } = await user.beamd('exec', '-q', '--', 'echo', '-v', '-vv', '--debug', '--no-color');
  expect({ stdout, stderr }).toEqual({ stdout: '-v -vv --debug --no-color\n', stderr: '' });
  expect((await user.beamd('exec', 'echo', '-v')).code).toBe(2);
});
