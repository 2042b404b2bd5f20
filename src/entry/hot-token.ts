/**
 * `beamd token` without the command line's frame: thousands of calls a day, so it loads the ladder and the agent's client
 * and nothing else. What it does not know by heart it leaves to the frame, which does the same more slowly.
 */
import { homedir } from 'node:os';
import { createAgents } from '../agent/agents.ts';
import { systemClock } from '../clock.ts';
import type { Secret } from '../secret.ts';
import { environmentToken, notLoggedIn, selectTarget } from '../services/resolve.ts';
import type { LadderFlags, ResolveDeps } from '../services/resolve.ts';
import { createAccountStore } from '../store/accounts.ts';
import { resolveHomes } from '../store/paths.ts';

const FLAGS: Readonly<Record<string, 'server' | 'scope'>> = { '--server': 'server', '--scope': 'scope' };

/** The flags of a plain `beamd token [--server H] [--scope S]`; undefined for anything else. */
export function hotTokenFlags(argv: readonly string[]): LadderFlags | undefined {
  if (argv[0] !== 'token') return undefined;
  const flags: { server?: string; scope?: string } = {};
  for (let at = 1; at < argv.length; at += 2) {
    const name = FLAGS[argv[at] ?? ''];
    const value = argv[at + 1];
    if (name === undefined || value === undefined || value.startsWith('-') || flags[name] !== undefined) return undefined;
    flags[name] = value;
  }
  return flags;
}

async function findToken(flags: LadderFlags): Promise<Secret> {
  const { env } = process;
  const homes = resolveHomes(env, homedir());
  const accounts = createAccountStore({ homes, clock: systemClock, env });
  const deps: ResolveDeps = { env, cwd: process.cwd(), homes, accounts };
  const selection = await selectTarget(flags, deps);
  const own = await environmentToken(selection, deps);
  if (own !== undefined) return own;
  const { key } = selection.server.value;
  if (!accounts.keys().includes(key)) throw notLoggedIn(selection.server);
  const notify = (line: string): void => void process.stderr.write(`${line}\n`);
  const agent = await createAgents({ homes, env, clock: systemClock, notify }).open({ key });
  try {
    const { accessToken } = await agent.token(selection.scope === undefined ? {} : { scope: selection.scope.value });
    return accessToken;
  } finally {
    agent.close();
  }
}

/** Prints the token, or the error exactly as the frame would, and ends with its exit code. */
export async function hotToken(flags: LadderFlags): Promise<void> {
  try {
    const token = await findToken(flags);
    process.stdout.on('error', () => process.exit(1));
    process.stdout.write(`${token.reveal()}\n`);
  } catch (error) {
    const [{ reportError }, { processOutput }] = await Promise.all([
      import('../cli/report-error.ts'),
      import('../cli/process-output.ts'),
    ]);
    process.exitCode = reportError(error, processOutput(), false);
  }
}
