import type { Explained, WhyResult, WhyTopic } from '../../services/beamd/why.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { NAMELESS } from '../../store/account-key.ts';
import type { Homes } from '../../store/paths.ts';
import { printable } from '../../text.ts';
import type { WhyJson } from '../json/why.ts';
import type { Style } from '../output/style.ts';
import { sourceName, sourcePlace } from './source.ts';

export function whyJson({ topics, problem }: WhyResult): WhyJson {
  return omitUndefined({
    topics: topics.map((topic) => ({ ...topic, candidates: topic.candidates.map((candidate) => ({ ...candidate })) })),
    error: problem?.toJSON(),
  });
}

/** A heading for each topic, and its candidates from the one that is asked first to the last. The home folder is `~`. */
export function presentWhy({ topics, problem }: WhyResult, style: Style, homes: Pick<Homes, 'user'>): string {
  // What the ladder never came to is not there to be told.
  const reached = topics.filter(({ candidates }) => candidates.length > 0 || problem === undefined);
  return reached.map((topic) => presentTopic(topic, style, homes)).join('\n\n');
}

const TITLES = { server: 'Server', account: 'Account', scope: 'Org', token: 'Token' } as const;

function presentTopic({ topic, value, candidates }: WhyTopic, style: Style, homes: Pick<Homes, 'user'>): string {
  const answer = topic === 'token' && value !== undefined ? `of ${valueText(topic, value)}` : valueText(topic, value);
  const winner = candidates.find(({ state }) => state === 'won');
  const rows = candidates.map((candidate) => [
    marked(
      candidate,
      sourcePlace(topic, { kind: candidate.source, path: candidate.path }, homes, candidate.line),
      style,
      winner === undefined,
    ),
    candidate.value === undefined || candidate.source === 'nameless-account' ? '' : valueText(topic, candidate.value),
    style.dim(outcomeOf(candidate, winner && sourceName(topic, { kind: winner.source, path: winner.path }))),
  ]);
  const heading = `${TITLES[topic]}${answer === '' ? '' : `  ${style.bold(answer)}`}`;
  return rows.length === 0 ? `${heading}\n${style.dim('  none is needed')}` : `${heading}\n${style.table(rows)}`;
}

function valueText(topic: WhyTopic['topic'], value: string | undefined): string {
  if (topic === 'account' && value === NAMELESS) return 'the one without a name';
  return printable(value ?? '');
}

/** What cannot be read stops a command only above the one that wins. */
function marked({ state }: Explained, place: string, style: Style, decides: boolean): string {
  if (state === 'won') return style.done(place);
  return state === 'failed' && decides ? style.failed(place) : `${style.dim('-')} ${place}`;
}

/** Why it is not the one. */
function outcomeOf({ state, reason, source }: Explained, winner: string | undefined): string {
  if (state === 'won') return '';
  if (state === 'lost') return winner === undefined ? 'comes later' : `${winner} comes first`;
  if (state === 'absent') return source === 'flag' ? 'not given' : source === 'env' ? 'not set' : 'none';
  return printable(reason ?? '', 400);
}
