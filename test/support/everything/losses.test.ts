/** The judge of the soak, at every place where a kill may lie. */
import { expect, test } from 'vitest';
import { Journal, RESIDUAL } from './losses.ts';

const WORKER = '1 7';
const OTHER = '1 8';
/** When the server decided on the refresh that was lost, and when it had answered. */
const AT = 1_000;
const ANSWERED = 1_010;
const REFUSED = 9_000;

/** A journal in which a worker was answered, and the session refused later. */
function journal(worker: string | undefined, times: { readonly answered?: number } = { answered: ANSWERED }): Journal {
  const made = new Journal();
  const refresh = { at: AT, granted: true, clientPort: 1, ...times };
  made.asked.push(
    { refresh: { at: 500, granted: true, clientPort: 2, answered: 510 }, worker: OTHER },
    { refresh, worker },
    { refresh: { at: REFUSED, granted: false, clientPort: 3 }, worker: OTHER },
  );
  return made;
}

function judged(made: Journal): { had: number | undefined; isResidual: boolean } {
  const { had, isResidual } = made.loss(REFUSED);
  return { had, isResidual };
}

const kill = (at: number, worker = WORKER) => ({ what: 'kill', at, victims: [worker] });
const UNEXPLAINED = { had: undefined, isResidual: false };

test('a session that is lost without a kill is lost by a fault', () => {
  expect(judged(journal(WORKER))).toEqual(UNEXPLAINED);
  expect(judged(new Journal())).toEqual(UNEXPLAINED);
});

test.each([
  ['before it was answered', ANSWERED - 5, { had: 0, isResidual: true }],
  ['within the window', ANSWERED + RESIDUAL, { had: RESIDUAL, isResidual: true }],
  ['after the window', ANSWERED + RESIDUAL + 1, { had: RESIDUAL + 1, isResidual: false }],
  ['before its request was read', AT - 20, { had: 0, isResidual: true }],
  ['long before', AT - 10_000, UNEXPLAINED],
])('a worker that was killed %s', (_, at, expected) => {
  const made = journal(WORKER);
  made.kills.push(kill(at));
  expect(judged(made)).toEqual(expected);
});

test('the kill of another worker explains nothing', () => {
  const made = journal(WORKER);
  made.kills.push(kill(ANSWERED + 1, OTHER));
  expect(judged(made)).toEqual(UNEXPLAINED);
});

test('a worker that was gone before its answer was given to the system', () => {
  const made = journal(WORKER, {});
  made.kills.push(kill(AT + 1));
  expect(judged(made)).toEqual({ had: 1, isResidual: true });
});

test('a worker whose lock is another’s by the time its request is read is one that was in a refresh when it was killed', () => {
  const made = journal(undefined);
  made.kills.push(kill(AT - 20), { ...kill(AT + 20), isInRefresh: true }, { ...kill(AT - 10_000), isInRefresh: true });
  expect(judged(made)).toEqual(UNEXPLAINED);
  made.kills.push({ ...kill(AT - 20), isInRefresh: true });
  expect(judged(made)).toEqual({ had: 0, isResidual: true });
});

test.each([
  ['from before the answer on', { at: AT, end: ANSWERED + 400 }, 20],
  ['for a while in between', { at: ANSWERED + 10, end: ANSWERED + 110 }, 320],
  ['until it was killed', { at: ANSWERED + 15 }, 15],
])('time that a worker was frozen does not count: %s', (_, frozen, had) => {
  const made = journal(WORKER);
  made.freezes.push({ what: 'freeze', victims: [WORKER], ...frozen });
  made.freezes.push({ what: 'freeze', victims: [OTHER], at: AT, end: REFUSED });
  made.kills.push(kill(ANSWERED + 420));
  expect(judged(made)).toEqual({ had, isResidual: had <= RESIDUAL });
});

test('the story of a loss tells all that was done around it, in its order', () => {
  const made = journal(WORKER);
  made.kills.push(kill(ANSWERED + 5));
  made.others.push({ what: 'full disk', at: AT - 300, end: AT - 100, victims: [] });
  expect(made.loss(REFUSED).story.split('; ')).toEqual([
    '-500.0 ms refresh granted to 1 8, answered -490.0 ms',
    '-300.0 ms full disk, until -100.0 ms',
    '0.0 ms refresh granted to 1 7, answered 10.0 ms',
    '15.0 ms kill 1 7',
    '8000.0 ms refresh refused to 1 8, answered never',
  ]);
});
