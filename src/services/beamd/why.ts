/** `beamd why`: every candidate of the ladder, where it is from, and why it won or lost. The ladder itself tells. */
import { accountTitle } from '../../hints.ts';
import { BeamError } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { NAMELESS } from '../../store/account-key.ts';
import { unknownScope } from '../../store/accounts/choose-scope.ts';
import { placeOfCurrent } from '../../store/config/beamd-config.ts';
import { findProjectPin, placeInProject, type FilePlace } from '../../store/config/project-pin.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import type { Candidate, Topic } from '../target/climb.ts';
import { resolveTarget, type Target, type TargetContext, type TargetInput } from '../target/ladder.ts';
import { hasScope, serverOf } from '../target/target.ts';

const TOPICS = ['server', 'account', 'scope', 'token'] as const satisfies readonly Topic[];

/** What is asked about; all of it where nothing is said. An org is meant by that word, too. Throws `usage`. */
export function parseTopic(text: string | undefined): Topic | undefined {
  if (text === undefined) return undefined;
  const found = TOPICS.find((topic) => topic === (text === 'org' ? 'scope' : text));
  if (found !== undefined) return found;
  throw new BeamError('usage', `There is no topic ${printable(text, 40)}: it is server, account, scope or token`, {
    hint: { command: 'beamd why' },
  });
}

export interface WhyInput extends TargetInput {
  /** Only this; absent: all of it. */
  readonly topic?: Topic | undefined;
}

/** A candidate, and the line of the file that names it. */
export type Explained = Omit<Candidate, 'topic' | 'source'> & {
  readonly source: Candidate['source']['kind'];
  readonly path?: string;
  readonly line?: number;
};

export interface WhyTopic {
  readonly topic: Topic;
  /** What every command uses; never a token. Absent: none. */
  readonly value?: string;
  /** From the one that is asked first to the last. Empty: the ladder came to nothing before. */
  readonly candidates: readonly Explained[];
}

export interface WhyResult {
  readonly topics: readonly WhyTopic[];
  /** Why there is no answer, as every other command says it. */
  readonly problem?: BeamError;
}

/** Starts nothing and asks nobody. What the ladder throws is part of the answer. */
export async function why(context: TargetContext, input: WhyInput): Promise<WhyResult> {
  const candidates: Candidate[] = [];
  const { target, problem } = await climbAll(context, input, candidates);
  const wanted = input.topic === undefined ? TOPICS : [input.topic];
  const topics = await Promise.all(
    wanted.map(async (topic) => {
      const own = candidates.filter((candidate) => candidate.topic === topic).map((candidate) => settled(candidate, target));
      const explained = await Promise.all(own.map((candidate) => placed(context, candidate)));
      return omitUndefined({ topic, value: target && valueOf(topic, target), candidates: explained });
    }),
  );
  return omitUndefined({ topics, problem });
}

async function climbAll(
  context: TargetContext,
  input: TargetInput,
  candidates: Candidate[],
): Promise<{ target?: Target; problem?: BeamError }> {
  try {
    const target = await resolveTarget(context, input, (candidate) => void candidates.push(candidate));
    return omitUndefined({ target, problem: missingScope(target) });
  } catch (error) {
    if (error instanceof BeamError) return { problem: error };
    throw error;
  }
}

/** What every command that acts for an org says. */
function missingScope(target: Target): BeamError | undefined {
  if (target.kind !== 'account' || target.scope === undefined || hasScope(target.account, target.scope.value)) return undefined;
  return unknownScope(target.account, target.scope.value);
}

/** The only winner that the ladder takes back: an org, where it turns out that the server has none. */
function settled(candidate: Candidate, target: Target | undefined): Candidate {
  const dropped =
    candidate.topic === 'scope' && candidate.state === 'won' && target?.kind === 'account' && target.scope === undefined;
  return dropped ? { ...candidate, state: 'passed', reason: 'a self-hosted server has no orgs' } : candidate;
}

function valueOf(topic: Topic, target: Target): string | undefined {
  if (topic === 'server') return serverOf(target).name;
  if (topic === 'token') return target.kind === 'account' ? accountTitle(target.account) : undefined;
  if (topic === 'scope') return target.scope?.value;
  return target.kind === 'account' ? (target.account.name ?? NAMELESS) : undefined;
}

async function placed(context: TargetContext, { topic, source, ...rest }: Candidate): Promise<Explained> {
  const { kind, path } = source;
  const place = rest.state === 'absent' ? {} : await placeOf(context, topic, source);
  return omitUndefined({ source: kind, path, ...place, ...rest });
}

/** Nothing where a file cannot be read: that was said of the candidate. */
async function placeOf(
  { cwd, homes }: Pick<Context, 'cwd' | 'homes'>,
  topic: Topic,
  { kind }: Candidate['source'],
): Promise<Partial<FilePlace>> {
  try {
    if (kind === 'current') return await placeOfCurrent(homes);
    const pin = kind === 'project' && topic !== 'token' ? await findProjectPin(cwd, homes) : undefined;
    return pin === undefined || topic === 'token' ? {} : await placeInProject(pin, topic);
  } catch (error) {
    if (error instanceof BeamError) return {};
    throw error;
  }
}
