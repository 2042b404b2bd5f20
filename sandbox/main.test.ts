import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { NAMED_FAULTS } from './standing/faults.ts';
import { PACKAGE_ROOT } from './testing/run-bin.ts';

const PROGRAM = join(PACKAGE_ROOT, '.build', 'sandbox.js');

/** Starts the standing sandbox and resolves with what it printed once it is ready. */
async function startMain(args: readonly string[]): Promise<{ text: string; stop: () => Promise<number | null> }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  await expect.poll(() => text, { timeout: 60_000 }).toContain('Ctrl-C');
  const stop = (): Promise<number | null> => {
    child.kill('SIGINT');
    return ended;
  };
  return { text, stop };
}

/** What ended otherwise than with 0, of lines that were typed one after the other into a shell that has read the file. */
function typed(env: string, lines: readonly string[]): unknown[] {
  return lines.flatMap((line) => {
    const script = `. '${env}'; ${line}`;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: dirname(env), BEAMD_BROWSER: 'none' },
    });
    return status === 0 ? [] : [{ line, status, stdout, stderr }];
  });
}

test('prints commands that work, approves by itself, and leaves nothing behind', { timeout: 200_000 }, async () => {
  const { text, stop } = await startMain(['--auto-approve']);
  const env = /^ {2}\. '(.+)'$/m.exec(text)?.[1] ?? '';
  const tokenFile = /TOKEN_FILE='(.+)'/.exec(readFileSync(env, 'utf8'))?.[1] ?? '';
  expect(text).not.toContain(readFileSync(tokenFile, 'utf8'));
  const [, gateway = '', old = ''] = /files of the gateways: (\S+) (\S+)/.exec(text) ?? [];
  const examples = [...text.matchAll(/^ {2}((?:beamd|runbeam) .+)$/gm)].map((match) => match[1] ?? '');
  expect(examples).toHaveLength(14);
  expect(typed(env, examples)).toEqual([]);
  expect(await stop()).toBe(0);
  expect([dirname(env), gateway, old].map((folder) => existsSync(folder))).toEqual([false, false, false]);
});

test('lists its faults, and begins with one that is there', () => {
  const run = (...args: string[]): unknown => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
    return {
      status,
      stderr,
      names: stdout
        .split('\n')
        .flatMap((line) => line.split(' ')[0] ?? [])
        .filter(Boolean),
    };
  };
  expect(run('--list-faults')).toEqual({ status: 0, stderr: '', names: NAMED_FAULTS.map(({ name }) => name) });
  expect(run('--fault', 'nosuch')).toEqual({
    status: 2,
    stderr: 'There is no fault nosuch. Run: npm run sandbox -- --list-faults\n',
    names: [],
  });
});

test('says how it is run, and shows that to whoever types something else', () => {
  const run = (arg: string): unknown => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, arg], { encoding: 'utf8' });
    return { status, stdout, stderr };
  };
  const usage = `Real local servers to try beamd and runbeam on, until Ctrl-C.

  npm run sandbox                     you approve each login, on the page that it shows
  npm run sandbox -- --auto-approve   logins are approved by themselves
  npm run sandbox -- --fault NAME     begin with something wrong
  npm run sandbox -- --list-faults    what can go wrong
`;
  expect(run('--help')).toEqual({ status: 0, stdout: usage, stderr: '' });
  expect(run('--hlep')).toEqual({ status: 2, stdout: '', stderr: usage });
});
