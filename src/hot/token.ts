/**
 * `beamd token`, thousands of times a day: the ladder, one connection, one line. A bundle of its own, one small file,
 * that gives up whenever something is not as usual (a file that needs the yaml library, any error at all). Then
 * the quick way does the same from the start, and has the words for it. `node:os`, `performance` and the streams of
 * standard output are left alone here: each takes Node a part of the time this has.
 */
import { lstatSync } from 'node:fs';
import { checkSocket } from '../agent/check-socket.ts';
import { AGENT_BUSY, AGENT_IMPOSSIBLE } from '../agent/protocol.ts';
import { usualSocket } from '../agent/socket-path.ts';
import { writeAtOnce } from '../cli/write-at-once.ts';
import { accountsFolder, resolveHomes } from '../store/paths.ts';
import type { Homes } from '../store/paths.ts';
import { askForToken } from './ask.ts';
import type { Answer } from './ask.ts';
import { plainSelection } from './selection.ts';
import type { TokenFlags } from './selection.ts';

const FLAGS: Readonly<Record<string, 'server' | 'scope'>> = { '--server': 'server', '--scope': 'scope' };

/** The flags of a plain `beamd token [--server H] [--scope S]`; undefined for anything else. */
function tokenFlags(argv: readonly string[]): TokenFlags | undefined {
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

/** Whether the accounts are in a real folder of ours: what an agent has read from there counts no longer if they are not. */
function hasOwnAccounts(homes: Homes): boolean {
  const stat = lstatSync(accountsFolder(homes), { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === (process.getuid?.() ?? stat.uid);
}

async function usualToken(flags: TokenFlags): Promise<string | undefined> {
  const { env } = process;
  // Both decide which token it is, or whether an agent is asked at all.
  if (env['BEAMD_TOKEN'] || env['BEAMD_NO_AGENT'] || !env['HOME']) return undefined;
  const homes = resolveHomes(env, env['HOME']);
  const selection = plainSelection(flags, { env, cwd: process.cwd(), homes });
  const path = selection && usualSocket(homes, selection.key);
  if (selection === undefined || path === undefined || !hasOwnAccounts(homes)) return undefined;
  let answer: Answer | 'impossible' = checkSocket(path) ? await askForToken(path.socket, selection.scope) : 'absent';
  if (answer === 'absent') {
    const { startAndAsk } = await import('./start.ts');
    answer = await startAndAsk({ env, homes, path, selection });
  }
  // An agent that fell silent is not waited for twice, and one that does not start is not started twice.
  if (answer === 'busy') env['BEAMD_NO_AGENT'] = AGENT_BUSY;
  if (answer === 'impossible') env['BEAMD_NO_AGENT'] = AGENT_IMPOSSIBLE;
  return typeof answer === 'string' ? undefined : answer.token;
}

/**
 * Prints the token if all is as usual. Returns what could not be written of it at once, nothing as a rule. Undefined:
 * nothing was printed, take the quick way.
 */
export async function hotToken(argv: readonly string[]): Promise<Uint8Array | undefined> {
  const flags = tokenFlags(argv);
  if (flags === undefined) return undefined;
  try {
    const token = await usualToken(flags);
    return token === undefined ? undefined : writeAtOnce(Buffer.from(`${token}\n`));
  } catch {
    // Whatever it was, the quick way meets it again and says it well.
    return undefined;
  }
}
