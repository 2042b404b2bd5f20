/** A real sshd of this user on loopback, with keys of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Where Debian has it: in no user's PATH. */
export const SSHD = '/usr/sbin/sshd';

export interface Sshd {
  /** What `beamd agent forward` needs to log in to it. */
  readonly flags: readonly string[];
  close(): Promise<void>;
}

/** Root's sshd wants this folder, which the system makes for its service. */
const PRIVILEGES = '/run/sshd';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts one; its files are in a folder below `root`. */
export async function startSshd(root: string): Promise<Sshd> {
  const folder = mkdtempSync(join(root, 'ssh-'));
  for (const name of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  }
  const port = await freePort();
  const settings = [
    `Port ${String(port)}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'user.pub')}`,
    'PidFile none',
    // The folder is in one that all may write to.
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
  ];
  writeFileSync(join(folder, 'config'), `${settings.join('\n')}\n`);
  const made = process.getuid?.() === 0 && !existsSync(PRIVILEGES);
  if (made) mkdirSync(PRIVILEGES, { mode: 0o755 });
  const child = spawn(SSHD, ['-D', '-e', '-f', join(folder, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (piece: Buffer) => {
      said += piece.toString();
      if (said.includes('Server listening')) resolve();
    });
    child.once('close', () => reject(new Error(`sshd ended: ${said}`)));
  });
  const options = [
    `Port=${String(port)}`,
    `IdentityFile=${join(folder, 'user')}`,
    'IdentitiesOnly=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
  ];
  return {
    flags: options.flatMap((option) => ['-o', option]),
    close: async () => {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
      if (made) rmdirSync(PRIVILEGES);
    },
  };
}
