import type { RotatedKey } from '../../../services/keys/rotate-key.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { printable } from '../../../text.ts';
import type { RotatedKeyJson } from '../../json/runbeam/instances.ts';
import { hintLine, type Style } from '../../output/style.ts';
import { moment } from '../time.ts';
import { instanceJson } from './instances.ts';

/** @param now - milliseconds */
export function presentRotated(
  { instance, state, recipient, previous, kept, authorized }: RotatedKey,
  style: Style,
  now: number,
): string {
  const label = style.bold(printable(instance.label));
  const id = printable(instance.id);
  const again = `runbeam harmony:rotate-key --id ${id}`;
  const deliver = `runbeam harmony:authorize --id ${id} --retry`;
  const heads = {
    rotated: style.done(`The gateway of ${label} has a new key`),
    undelivered: style.warning(`The gateway of ${label} does not have its new key and token yet`),
    finished: style.done(`The old key of ${label} is gone`),
    aborted: style.done(`${label} has its old key again`),
  };
  const next = {
    rotated: `${again} --finish`,
    undelivered: again,
    finished: undefined,
    aborted: kept === true ? deliver : undefined,
  }[state];
  const result = authorized?.result;
  return [
    heads[state],
    style.pairs([
      ['key', recipient],
      ['key before', previous],
      ['token expires', result && moment(result.expiresAt, now)],
      ['problem', result?.problem && printable(result.problem.message, 300)],
      ['help', result?.problem?.hint && printable(result.problem.hint, 400)],
    ]),
    ...(state === 'rotated'
      ? [style.dim(`Give its operator the new key for a restart: runbeam harmony:show-key --id ${id} --reveal`)]
      : []),
    ...(kept === true
      ? [style.dim('A machine token is kept that the gateway may not have, and goes to it with the old key')]
      : []),
    ...(next === undefined ? [] : [hintLine({ command: next })]),
  ].join('\n');
}

export function rotatedJson({ instance, state, recipient, previous, kept, authorized }: RotatedKey): RotatedKeyJson {
  const result = authorized?.result;
  return omitUndefined({
    instance: instanceJson(instance),
    state,
    recipient,
    previous,
    token_kept: kept === true ? true : undefined,
    expires_at: result?.expiresAt,
    problem: result?.problem,
  });
}
