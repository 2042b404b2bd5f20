import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { remoteCommand, sshWords } from './ssh-words.ts';

const FORWARD = { host: 'me@build.example.com', socket: '/tmp/here.sock', remote: '/tmp/there.sock', options: ['Port=22'] };

test('the words of ssh, the host as the last one that it could read otherwise', () => {
  expect(sshWords(FORWARD, ['-t'])).toEqual([
    'ssh',
    ...['-o', 'ExitOnForwardFailure=yes'],
    ...['-o', 'StreamLocalBindUnlink=yes'],
    ...['-o', 'ControlPath=none'],
    ...['-o', 'Port=22'],
    ...['-R', '/tmp/there.sock:/tmp/here.sock'],
    '-t',
    '--',
    'me@build.example.com',
  ]);
});

test.each(['', '-oProxyCommand=x', '--', 'a b', 'a\nb', ' a', '\u001ba'])('%j is no host', (host) => {
  expect(() => sshWords({ ...FORWARD, host })).toThrow('The host is no name that ssh takes');
});

test.each(['sh', 'bash', 'zsh', 'fish'])('in %s of the other side each word of a command is one word there', (shell) => {
  const words = ['printf', '%s|', '$BEAMD_AGENT_SOCK', "it's", '"q"', '`x`', '$(x)', 'a;b', '\\', '', '*'];
  const line = remoteCommand('/tmp/beamd-0.sock', words);
  const run = (program: string, args: readonly string[]): string => execFileSync(program, args, { encoding: 'utf8' });
  expect(run(shell, ['-c', line])).toBe(`${words.slice(2).join('|')}|`);
});

test('the command has the socket in its environment, and its exit code is the last word', () => {
  const line = remoteCommand('/tmp/beamd-0.sock', ['sh', '-c', 'printf %s "$BEAMD_AGENT_SOCK"; exit 7']);
  expect(() => execFileSync('sh', ['-c', line], { stdio: 'pipe' })).toThrow(
    expect.objectContaining({ status: 7, stdout: Buffer.from('/tmp/beamd-0.sock') }) as Error,
  );
});
