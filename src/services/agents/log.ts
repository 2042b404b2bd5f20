/** `beamd agent log`: what an agent wrote down, once or for as long as it goes on. */
import { parseLogLine } from '../../agent/server/log-line.ts';
import { logFiles } from '../../agent/server/log.ts';
import type { AccountName } from '../../store/account-key.ts';
import { agentLog } from '../../store/paths.ts';
import type { Context } from '../context.ts';
import type { TargetContext, TargetInput } from '../target/ladder.ts';
import { accountTarget, namesOf } from '../target/target.ts';
import { LogTail } from './log-tail.ts';
import { parseSince } from './since.ts';

type LogContext = TargetContext & Pick<Context, 'clock' | 'signal'>;

export interface AgentLogInput extends TargetInput {
  /** The most lines at first. Absent: a hundred, and with `since` all of them. */
  readonly lines?: number | undefined;
  /** As `parseSince` takes it. */
  readonly since?: string | undefined;
}

export interface AgentLogResult {
  readonly server: string;
  /** Name of the account, where it has one. */
  readonly name?: AccountName;
  readonly path: string;
  /** Oldest first. */
  readonly lines: readonly string[];
}

const USUAL_LINES = 100;

/** How often a log that is followed is looked at, milliseconds. */
const LOOK_EVERY = 200;

/** The last lines of the agent's log; none if it never ran. Throws `bad_file`, `usage`, and as `resolveTarget`. */
export async function readAgentLog(context: LogContext, input: AgentLogInput): Promise<AgentLogResult> {
  const { result, tail } = await openAgentLog(context, input);
  tail.close();
  return result;
}

/**
 * The same, then what the agent writes from there on, rotated or not, ended and started again or not, until the context's
 * signal. Throws as `readAgentLog`.
 */
export async function* followAgentLog(context: LogContext, input: AgentLogInput): AsyncGenerator<AgentLogResult> {
  const { clock, signal } = context;
  const { result, tail } = await openAgentLog(context, input);
  try {
    for (let { lines } = result; ; lines = tail.read()) {
      if (lines.length > 0) yield { ...result, lines };
      await clock.sleep(LOOK_EVERY, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    tail.close();
  }
}

async function openAgentLog(
  context: LogContext,
  { lines: count, since, ...target }: AgentLogInput,
): Promise<{ readonly result: AgentLogResult; readonly tail: LogTail }> {
  const from = since === undefined ? undefined : parseSince(since, context.clock.now());
  const { account } = await accountTarget(context, { ...target, reads: true }, 'beamd agent log');
  const path = agentLog(context.homes, account.key);
  const tail = new LogTail(logFiles(path));
  const lines = tail.read().filter((line) => from === undefined || Date.parse(parseLogLine(line).time ?? '') >= from);
  const most = count ?? (from === undefined ? USUAL_LINES : Infinity);
  return { tail, result: { ...namesOf(account), path, lines: lines.slice(-most) } };
}
