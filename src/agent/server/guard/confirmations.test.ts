import { beforeEach, expect, it } from 'vitest';
import { failure } from '../../../errors.testing.ts';
import { BeamError } from '../../../errors.ts';
import type { Work } from '../../protocol/agent.ts';
import { ownClock, type OwnedClock } from '../../agent.testing.ts';
import { Confirmations, type Question } from './confirmations.ts';

type Answer = Awaited<ReturnType<Work['confirm']>>;

const NO: Answer = { problem: { message: 'No', hint: 'Ask again' } };
const REFUSED = { code: 'forbidden', message: 'No', hint: { text: 'Ask again' } };
const OTHERS = {
  code: 'forbidden',
  message: 'The account asks before each use, and is asked about for others',
  hint: { text: 'Try again once those are answered' },
};

let clock: OwnedClock;
let confirmations: Confirmations;
/** Those that were put, and how each is answered. */
let put: { question: Question; answer: (answer: Answer) => void; fail: (error: Error) => void }[];

const of = (client: string): Question => ({ client, scope: 'acme', use: 'token' });
/** Lets all go on that can. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const clients = (): unknown[] => put.map(({ question }) => question.client);

beforeEach(() => {
  clock = ownClock();
  put = [];
  const confirm: Work['confirm'] = (question) =>
    new Promise((answer, fail) => {
      put.push({ question, answer, fail });
    });
  confirmations = new Confirmations({ clock, work: { confirm } });
});

it('asks once for all who want the same at once, and anew for the next', async () => {
  const all = [1, 2, 3].map(() => confirmations.ask(of('git')));
  await settled();
  put[0]?.answer({});
  await Promise.all(all);
  const refused = failure(() => confirmations.ask(of('git')));
  await settled();
  put[1]?.answer(NO);
  expect(await refused).toEqual(REFUSED);
  expect(put.map(({ question }) => question)).toEqual([of('git'), of('git')]);
});

it('puts one question at a time, whatever became of the one before', async () => {
  const first = failure(() => confirmations.ask(of('git')));
  const second = confirmations.ask(of('docker'));
  await settled();
  expect(clients()).toEqual(['git']);
  put[0]?.fail(new BeamError('agent_unavailable', 'The worker was killed'));
  expect(await first).toEqual({ code: 'agent_unavailable', message: 'The worker was killed' });
  await settled();
  expect(clients()).toEqual(['git', 'docker']);
  put[1]?.answer({});
  await second;
});

it('lets nobody wait for others longer than 25 s, and does not ask about who has gone', async () => {
  const first = confirmations.ask(of('git'));
  const second = failure(() => confirmations.ask(of('docker')));
  await settled();
  clock.advance(25);
  expect(await second).toEqual(OTHERS);
  put[0]?.answer({});
  await first;
  const third = confirmations.ask(of('kube'));
  await settled();
  expect(clients()).toEqual(['git', 'kube']);
  put[1]?.answer({});
  await third;
});

it('keeps sixteen waiting at most', async () => {
  const waiting = Array.from({ length: 16 }, (_, at) => confirmations.ask(of(`c${at}`)));
  expect(await failure(() => confirmations.ask(of('more')))).toEqual(OTHERS);
  for (let at = 0; at < 16; at += 1) {
    await settled();
    put[at]?.answer({});
  }
  await Promise.all(waiting);
});
