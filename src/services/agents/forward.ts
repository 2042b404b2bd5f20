/** `beamd agent forward`: a listener of its own, which ssh brings to another machine. The agent's own socket never leaves this one. */
import { withAgent } from '../../agent/client/with-agent.ts';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenAccount } from '../../agent/client/agents.ts';
import { Traffic } from '../../agent/server/traffic.ts';
import { noteInLog } from '../../agent/server/log.ts';
import { listen } from '../../agent/server/single-instance.ts';
import { BeamError } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { AccountName } from '../../store/account-key.ts';
import { chooseScope } from '../../store/accounts/choose-scope.ts';
import type { Context } from '../context.ts';
import { parseSpan } from '../span.ts';
import type { TargetContext, TargetInput } from '../target/ladder.ts';
import { accountTarget, namesOf } from '../target/target.ts';
import { nothingChanged } from '../waiting.ts';
import { answerForwarded } from './forwarded-calls.ts';
import { Seldom } from './seldom.ts';
import { checkHost } from './ssh-words.ts';

type ForwardContext = TargetContext & Pick<Context, 'agents' | 'clock' | 'waiting'>;

export interface ForwardInput extends TargetInput {
  readonly host: string;
  /** How long it gives tokens, as `parseSpan` takes it. */
  readonly for: string;
}

/** A call of somebody on the other side. */
export interface ForwardedUse {
  readonly method: string;
  /** What the client says of itself, made fit to be shown; nobody can prove it. */
  readonly client: string;
  /** Calls before it that nobody was told of: there were too many. */
  readonly more?: number;
}

export interface Forwarding {
  readonly server: string;
  /** Name of the account, where it has one. */
  readonly name?: AccountName;
  /** The one org that tokens are for; absent on a self-hosted account. */
  readonly scope?: string;
  /** When it gives its last token, unix seconds. */
  readonly until: number;
  /** Where it listens here: 0600, in a folder of its own. */
  readonly socket: string;
  /** Where ssh is to have it listen there. */
  readonly remote: string;
  /** Resolves once it is closed, by `close` or because its time is over. */
  readonly closed: Promise<void>;
  /** Ends it at once, and leaves nothing of it here. */
  close(): void;
}

/** Clients on the other side at once. */
const MOST_CLIENTS = 64;

const [SHORTEST, LONGEST] = [1, 7 * 86_400];

/** Longest path of a socket that every system takes whole. */
const MAX_SOCKET_PATH = 103;

/**
 * Begins to forward an account for one org. `onUse` is told of each call, or of how many there were; the agent's log has them, too.
 * Throws `usage` for a host or a time that is none, and, before anything is forwarded, what keeps a token from being given: as
 * `resolveTarget` and `Agent.token`.
 */
export async function openForwarding(
  context: ForwardContext,
  input: ForwardInput,
  onUse: (use: ForwardedUse) => void,
): Promise<Forwarding> {
  checkHost(input.host);
  const seconds = secondsOf(input.for);
  const { account, scope: chosen } = await accountTarget(context, input, 'beamd agent forward');
  const scope = chooseScope(account, chosen?.value);
  // Asked about apart from the commands of this machine, and from what other machines ask: one yes is for one of them.
  const withAgent = agentsOf(context, { ...account, client: `beamd agent forward ${input.host}` });
  const line = `Waiting for a token of ${account.server}`;
  await context.waiting({ line, left: nothingChanged }, () => withAgent((agent) => agent.token(omitUndefined({ scope }))));

  const { clock, homes } = context;
  const until = Math.ceil(clock.now() / 1000) + seconds;
  const isOver = (): boolean => clock.now() >= until * 1000;
  const note = (
    event: 'forwarding began' | 'forwarded' | 'forwarding ended',
    detail: Readonly<Record<string, string>> = {},
  ): void => noteInLog(homes, account.key, clock, event, { host: input.host, ...detail });
  const seldom = new Seldom(clock);
  const called = (method: string, says: string | undefined): void => {
    if (method === 'hello') return;
    // The log is not to be filled by the other side, so that the rest of it, or what was there before, is missing.
    const unsaid = seldom.next();
    if (unsaid === undefined) return;
    const use = { method, client: says ?? 'unnamed' };
    note('forwarded', { ...use, ...moreOf(unsaid) });
    onUse(unsaid === 0 ? use : { ...use, more: unsaid });
  };
  const answer = answerForwarded({ account: account.key, server: account.server, scope, withAgent, isOver });
  const log = { write: () => undefined, catchUp: () => undefined };
  const traffic = new Traffic(answer, clock, log, { called }, MOST_CLIENTS);
  const folder = privateFolder();
  const socket = join(folder, 'agent.sock');
  const server = createServer((client) => traffic.serve(client));
  await listen(server, socket);
  note('forwarding began', omitUndefined({ scope }));
  const closed = once(server, 'close').then(() => note('forwarding ended', moreOf(seldom.left())));
  const close = (): void => {
    clearTimeout(timer);
    server.close();
    traffic.close();
    rmSync(folder, { recursive: true, force: true });
  };
  // After a suspend it is late; what is asked by then is refused all the same.
  const timer = setTimeout(close, until * 1000 - clock.now());
  const remote = `/tmp/beamd-${randomBytes(16).toString('hex')}.sock`;
  return { ...omitUndefined({ ...namesOf(account), scope }), until, socket, remote, closed, close };
}

function moreOf(unsaid: number): Readonly<Record<string, string>> {
  return unsaid === 0 ? {} : { more: String(unsaid) };
}

function secondsOf(text: string): number {
  const seconds = parseSpan(text) ?? 0;
  if (seconds >= SHORTEST && seconds <= LONGEST) return seconds;
  throw new BeamError('usage', '--for takes a span of at most seven days: 30m, 8h, 2d', {
    hint: { command: 'beamd agent forward HOST --for 8h' },
  });
}

/** Opened for each call: the agent may end, and be replaced, while it is forwarded. */
function agentsOf({ agents }: ForwardContext, account: OpenAccount): Parameters<typeof answerForwarded>[0]['withAgent'] {
  return (use) => withAgent(agents.open(account), use);
}

/** 0700, and with a path in which ssh finds nothing to read otherwise. */
function privateFolder(): string {
  const fitting = [tmpdir(), '/tmp'].find((folder) => /^[\w/.@+-]+$/.test(folder) && folder.length + 30 < MAX_SOCKET_PATH);
  if (fitting === undefined) {
    throw new BeamError('unsafe_path', 'The folder for temporary files has no path for a socket', {
      hint: { text: 'Set TMPDIR=/tmp' },
    });
  }
  return mkdtempSync(join(fitting, 'beamd-forward-'));
}
