import { expect, test } from 'vitest';
import { BeamError } from '../../errors.ts';
import { Activity, clientName } from './activity.ts';

test('calls are counted by method and by client, and the number of either stays small', () => {
  const activity = new Activity();
  for (let number = 0; number < 1_000; number += 1) activity.called('token', `client ${String(number)}`, number);
  activity.called('hello', undefined, 1_000);
  const { calls, clients } = activity.remembered;
  expect(calls).toEqual([
    { method: 'token', count: 1_000 },
    { method: 'hello', count: 1 },
  ]);
  expect(clients).toHaveLength(17);
  expect(clients.at(-1)).toEqual({ says: 'others', calls: 985, lastAt: 1_000 });
});

test('of refreshes the last are kept, with the code of what failed and nothing else', () => {
  const activity = new Activity();
  for (let at = 0; at < 100; at += 1) activity.refreshed(at, at % 2 === 0 ? undefined : new BeamError('network', 'a text'));
  activity.refreshed(100, new Error('of a library'));
  const { refreshLog } = activity.remembered;
  expect(refreshLog).toHaveLength(32);
  expect(refreshLog.slice(-3)).toEqual([{ at: 98 }, { at: 99, failed: 'network' }, { at: 100, failed: 'failed' }]);
});

test.each([
  ['beamd token', 'beamd token'],
  ['\u001b[2Jx\u202e', '[2Jx'],
  ['x'.repeat(100), `${'x'.repeat(39)}…`],
  ['  ', undefined],
  [7, undefined],
])('a client that says %j', (said, name) => {
  expect(clientName(said)).toBe(name);
});
