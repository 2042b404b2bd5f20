/**
 * `beamd token`, thousands of times a day: the ladder, one connection, one line. A bundle of its own, one small file,
 * that gives up whenever something is not as usual (no agent, a file that needs the yaml library, any error at all). Then
 * the quick way does the same from the start, and has the words for it.
 */
import { writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { connectAgent } from '../agent/client.ts';
import { AGENT_BUSY } from '../agent/protocol.ts';
import { agentSocket } from '../agent/socket-path.ts';
import { systemClock } from '../clock.ts';
import { BeamError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { environmentToken, selectTarget } from '../services/resolve.ts';
import type { LadderFlags } from '../services/resolve.ts';
import { createAccountStore } from '../store/accounts.ts';
import { resolveHomes } from '../store/paths.ts';
import { VERSION } from '../version.ts';

const FLAGS: Readonly<Record<string, 'server' | 'scope'>> = { '--server': 'server', '--scope': 'scope' };

/** The flags of a plain `beamd token [--server H] [--scope S]`; undefined for anything else. */
function tokenFlags(argv: readonly string[]): LadderFlags | undefined {
  if (argv[0] !== 'token') return undefined;
  const flags: { server?: string; scope?: string } = {};
  for (let at = 1; at < argv.length; at += 2) {
    const name = FLAGS[argv[at] ?? ''];
    const value = argv[at + 1];
    if (name === undefined || value === undefined || value === '' || value.startsWith('-')) return undefined;
    if (flags[name] !== undefined) return undefined;
    flags[name] = value;
  }
  return flags;
}

async function usualToken(flags: LadderFlags): Promise<Secret | undefined> {
  const { env } = process;
  const homes = resolveHomes(env, homedir());
  const accounts = createAccountStore({ homes, clock: systemClock, env });
  const deps = { env, cwd: process.cwd(), homes, accounts };
  const selection = await selectTarget(flags, deps);
  const own = environmentToken(selection, deps);
  if (own !== undefined) return own;
  const { key } = selection.server.value;
  if (env['BEAMD_NO_AGENT'] === '1' || !accounts.keys().includes(key)) return undefined;
  const agent = await connectAgent(await agentSocket(homes, key));
  if (agent === 'busy') throw new BeamError('busy', 'The agent does not answer');
  if (agent === 'absent') return undefined;
  try {
    if (agent.info.version !== VERSION) return undefined;
    const { scope } = selection;
    return (await agent.token(scope === undefined ? {} : { scope: scope.value })).accessToken;
  } finally {
    agent.close();
  }
}

/** Prints the token if all is as usual. False: nothing was printed, take the quick way. */
export async function hotToken(argv: readonly string[]): Promise<boolean> {
  const flags = tokenFlags(argv);
  if (flags === undefined) return false;
  let token: Secret | undefined;
  try {
    token = await usualToken(flags);
  } catch (error) {
    // Whatever it was, the quick way meets it again and says it well; an agent that fell silent is not waited for twice.
    if (error instanceof BeamError && error.code === 'busy') process.env['BEAMD_NO_AGENT'] = AGENT_BUSY;
    return false;
  }
  return token !== undefined && written(`${token.reveal()}\n`);
}

/** Written at once, without the streams that Node would load. False for a full disk or a reader that is gone. */
function written(line: string): boolean {
  try {
    return writeSync(1, line) === Buffer.byteLength(line);
  } catch {
    return false;
  }
}
