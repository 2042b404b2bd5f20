/** Other programs that hand out a secret: a Go one, a C one with a daemon, a C one with an agent. */
import { randomBytes } from 'node:crypto';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from './time.ts';
import type { User } from './user.ts';

export interface OtherTools {
  readonly programs: readonly Program[];
  /** Names of those that are not installed. */
  readonly absent: readonly string[];
  close(): void;
}

function installed(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

interface OtherTool {
  readonly program: Program;
  close(): void;
}

type Maker = (base: Pick<Program, 'env' | 'cwd'>, folder: string) => Promise<OtherTool | undefined>;

const gh: Maker = (base, folder) => {
  const file = installed('gh');
  if (file === undefined) return Promise.resolve(undefined);
  const hosts = `github.com:\n    oauth_token: ${randomBytes(20).toString('hex')}\n    user: alice\n    git_protocol: https\n`;
  writeFileSync(join(folder, 'hosts.yml'), hosts, { mode: 0o600 });
  const env = { ...base.env, GH_CONFIG_DIR: folder };
  const program = { ...base, env, name: 'gh auth token', file, args: ['auth', 'token'] };
  return Promise.resolve({ program, close: () => undefined });
};

const git: Maker = (base, folder) => {
  const file = installed('git');
  if (file === undefined) return Promise.resolve(undefined);
  const command = (action: string): string[] => ['credential-cache', `--socket=${join(folder, 'socket')}`, action];
  const place = 'protocol=https\nhost=example.com\n';
  const input = `${place}username=alice\npassword=${randomBytes(20).toString('hex')}\n`;
  const { status } = spawnSync(file, command('store'), { ...base, input, stdio: ['pipe', 'ignore', 'ignore'] });
  if (status !== 0) return Promise.resolve(undefined);
  const program = { ...base, name: 'git credential-cache get', file, args: command('get'), input: `${place}\n` };
  return Promise.resolve({
    program,
    close: () => {
      spawnSync(file, command('exit'), { ...base, stdio: 'ignore' });
    },
  });
};

const ssh: Maker = async (base, folder) => {
  const [file, agent, keygen] = ['ssh-add', 'ssh-agent', 'ssh-keygen'].map(installed);
  if (file === undefined || agent === undefined || keygen === undefined) return undefined;
  const [socket, key] = [join(folder, 'agent'), join(folder, 'key')];
  const daemon = spawn(agent, ['-D', '-a', socket], { ...base, stdio: 'ignore' });
  for (let tries = 0; tries < 100 && !existsSync(socket); tries += 1) await sleep(50);
  const env = { ...base.env, SSH_AUTH_SOCK: socket };
  spawnSync(keygen, ['-q', '-t', 'ed25519', '-N', '', '-f', key], { ...base, stdio: 'ignore' });
  spawnSync(file, ['-q', key], { ...base, env, stdio: 'ignore' });
  const program = { ...base, env, name: 'ssh-add -l', file, args: ['-l'] };
  return { program, close: () => void daemon.kill() };
};

/** Those that are installed, each with one secret in it. */
export async function startOtherTools({ world }: User): Promise<OtherTools> {
  const started: OtherTool[] = [];
  const absent: string[] = [];
  for (const [name, make] of Object.entries({ gh, git, ssh })) {
    const folder = join(world.root, name);
    mkdirSync(folder, { mode: 0o700 });
    const tool = await make({ env: world.env, cwd: world.work }, folder);
    if (tool === undefined) absent.push(name);
    else started.push(tool);
  }
  return {
    programs: started.map(({ program }) => program),
    absent,
    close: () => {
      for (const tool of started) tool.close();
    },
  };
}
