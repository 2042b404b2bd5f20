/** What stands on the rungs of the ladder: in flags, variables, files and among the accounts, and what of it does not count here. */
import { variable, type Env } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { accountOfKey, NAMELESS, splitAccountKey } from '../../store/account-key.ts';
import { fileOfField, type ProjectPin } from '../../store/config/project-pin.ts';
import { parseServer, sameServer, type Server } from '../../store/server.ts';
import type { Passed, Source, Sourced } from './climb.ts';
import { isOfServer, type HandedOn } from './handed-on.ts';
import type { TargetContext } from './ladder.ts';
import type { CurrentAccount, Settings } from './settings.ts';
import { typedServer } from './typed-name.ts';

export function from(source: Source, value: string | undefined): Sourced<string> | undefined {
  return value === undefined ? undefined : { value, source };
}

/** What the environment says; not what came with a token that was handed on, if that is of another server. */
export async function fromEnvOf(
  context: TargetContext,
  server: Server,
  value: string | undefined,
  handed: (HandedOn & { readonly own: string | undefined }) | undefined,
): Promise<Sourced<string> | Passed | undefined> {
  const found = from({ kind: 'env' }, value);
  if (handed === undefined || value !== handed.own || isOfServer(handed, await typedServer(context, server))) return found;
  return found && { ...found, passed: `is for ${accountOfKey(handed.key).server}` };
}

/** The server of the current account; what is none is refused as any other. */
export function fromCurrent(current: CurrentAccount | undefined): Sourced<string> | Passed | undefined {
  if (current?.gone === true) return { source: { kind: 'current' }, value: current.text, passed: 'is not logged in to any more' };
  return current && from({ kind: 'current' }, current.ref?.server.name ?? current.text);
}

/** The name of the current account, if it is of this server. */
export async function fromCurrentOn(
  context: TargetContext,
  server: Server,
  current: CurrentAccount | undefined,
): Promise<Sourced<string> | Passed | undefined> {
  if (current?.ref === undefined || current.gone === true) return undefined;
  const { ref, text } = current;
  if (sameServer(ref.server, server) || (await wasTypedFor(context, ref.server, server))) {
    return from({ kind: 'current' }, ref.name ?? NAMELESS);
  }
  return { source: { kind: 'current' }, value: text, passed: `is not on ${server.name}` };
}

export function fromProject(pin: ProjectPin | undefined, name: 'server' | 'account' | 'scope'): Sourced<string> | undefined {
  return pin && from({ kind: 'project', path: fileOfField(pin, name) }, pin[name]);
}

/** What the project pins, unless it names another server: its account and its scope are that one's. */
export async function fromPinOf(
  context: TargetContext,
  server: Server,
  settings: Settings,
  name: 'account' | 'scope',
): Promise<Sourced<string> | Passed | undefined> {
  const pin = await settings.project();
  const found = fromProject(pin, name);
  if (pin?.server === undefined) return found;
  const named = parseServer(pin.server);
  if (sameServer(named, server) || (await wasTypedFor(context, named, server))) return found;
  return found && { ...found, passed: `is for ${named.name}` };
}

/** Whether a name is one that was typed at the login to this server. */
async function wasTypedFor(context: TargetContext, named: Server, server: Server): Promise<boolean> {
  try {
    return sameServer(await typedServer(context, named), server);
  } catch (error) {
    // It stood for several: what is pinned beside it is not to be guessed about.
    if (error instanceof BeamError) return false;
    throw error;
  }
}

export async function onlyAccount({ accounts }: TargetContext): Promise<Sourced<string> | undefined> {
  const listed = await accounts.list();
  const edges = listed.accounts.filter(({ provider }) => provider === 'edge');
  const servers = new Set(edges.map(({ key }) => splitAccountKey(key).serverKey));
  if (servers.size > 1) {
    throw new BeamError('no_server', 'You are logged in to several servers, and none is the current one', {
      hint: { command: 'beamd switch SERVER' },
    });
  }
  const [problem, ...more] = listed.problems;
  // The only account there is, broken as it is: whoever reads it says so, and a logout removes it.
  if (edges.length === 0 && problem?.key !== undefined && more.length === 0) {
    return from({ kind: 'only-account' }, accountOfKey(problem.key).server);
  }
  if (edges[0] !== undefined || problem === undefined) return from({ kind: 'only-account' }, edges[0]?.server);
  throw new BeamError('bad_file', problem.message, { hint: { command: 'beamd accounts' } });
}

/** Where there is no account at all, the one without a name is missed. */
export function hasNameless(among: readonly string[], server: Server): boolean {
  return among.length === 0 || among.includes(server.key);
}

/** What a file holds; nothing, where it is broken. */
export async function orNothing<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BeamError) return undefined;
    throw error;
  }
}

/** Where nothing names a server: `BEAMD_DEFAULT_HOST`, else the control plane of the public service. */
export function defaultHost(env: Env): string {
  return variable(env, 'BEAMD_DEFAULT_HOST') ?? 'beamd.ai';
}

/** An account is never looked for there. */
export function fromDefault(env: Env, byToken: boolean): Sourced<string> | Passed {
  const [source, value] = [{ kind: 'default-host' } as const, defaultHost(env)];
  return byToken ? { source, value } : { source, value, passed: 'is for a bare login, and for BEAMD_TOKEN' };
}
