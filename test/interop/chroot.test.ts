/**
 * The executable where there is nothing else: in a root of its own with the C library, certificates, and what the system mounts.
 * No Node, no shell, no passwd.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import {
  decideByCode,
  decideByUrl,
  STANDALONE_BIN,
  startBin,
  startSandbox,
  type BinName,
  type RunningBin,
} from '../../sandbox/testing.ts';
import { isRoot } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { succeeded } from '../support/login.ts';

const keep = cleanup();
const LINUX = process.platform === 'linux';
const why =
  STANDALONE_BIN === undefined
    ? 'BEAMD_TEST_BIN names no executable'
    : !isRoot || !LINUX || spawnSync('chroot', ['/', 'true']).status !== 0
      ? 'only root of a Linux may change the root'
      : undefined;
if (why !== undefined) console.log(`skipped: an executable in an empty root, because ${why}`);

/** What a name server's library looks at, and whom to trust. */
const ETC = ['/etc/resolv.conf', '/etc/hosts', '/etc/nsswitch.conf', '/etc/ssl/certs/ca-certificates.crt'];

/** The files that the system's loader takes for a program: the C library's own, and nothing else. */
function librariesOf(file: string): string[] {
  const { stdout } = spawnSync('ldd', [file], { encoding: 'utf8' });
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map((match) => match[1] ?? '');
}

/** Makes the root, with the executable under both names, and returns it. */
function emptyRoot(user: CliUser, executable: string): string {
  const root = join(user.root, 'root');
  const put = (from: string, to = from): void => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(realpathSync(from), join(root, to));
  };
  for (const path of [...librariesOf(executable), ...ETC.filter((each) => existsSync(each))]) put(path);
  for (const name of ['beamd', 'runbeam']) put(executable, `/bin/${name}`);
  for (const folder of ['dev', 'proc', 'tmp', 'home']) mkdirSync(join(root, folder));
  writeFileSync(join(root, 'dev/null'), '');
  const mounts = [
    ['--bind', '/dev/null', join(root, 'dev/null')],
    ['-t', 'proc', 'proc', join(root, 'proc')],
  ];
  for (const words of mounts) execFileSync('mount', words);
  keep({ close: () => void execFileSync('umount', ['-l', join(root, 'dev/null'), join(root, 'proc')]) });
  return root;
}

test.skipIf(why !== undefined)('logs in, gives a token and authorizes a gateway in a root without anything else', async () => {
  const { beamAuth, cloud, harmony } = keep(await startSandbox());
  const user = keep(createCliUser());
  const executable = STANDALONE_BIN ?? '';
  const names = librariesOf(executable).map((path) => basename(path));
  expect(names.filter((name) => !/^(?:ld-linux|lib(?:c|m|dl|pthread|rt|gcc_s)\.so)/.test(name))).toEqual([]);
  const root = emptyRoot(user, executable);
  const env = { PATH: process.env['PATH'], HOME: '/home', BEAMD_BROWSER: 'none', RUNBEAM_API_URL: cloud.origin };
  const start = (bin: BinName, ...args: string[]): RunningBin =>
    startBin(bin, args, { env, cwd: '/', command: ['chroot', root, `/bin/${bin}`] });
  const run = async (bin: BinName, ...args: string[]) => succeeded(await start(bin, ...args).done).stdout;

  succeeded(await decideByCode(start('beamd', 'login', '--server', beamAuth.origin), beamAuth));
  const token = await run('beamd', 'token');
  expect(token).toMatch(/^bat_\S+\n$/);
  expect(await run('beamd', 'agent', 'status')).toContain('running');
  expect(await run('beamd', 'token')).toBe(token);
  succeeded(await decideByUrl(start('runbeam', 'login'), cloud));
  await run('runbeam', 'harmony:add', '-i', '127.0.0.1', '-p', String(harmony.port), '-x', 'admin', '-l', 'my-label');
  await run('runbeam', 'harmony:authorize', '-l', 'my-label', '-y');
  expect(harmony.counters.authorizations).toBe(1);
  await run('beamd', 'agent', 'stop');
  await run('beamd', 'logout', '--all');
  await run('runbeam', 'logout');
});
