import { describe, expect, test } from 'vitest';
import { BeamError, type ErrorCode } from '../../errors.ts';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import type { DeviceLogin, PollAnswer, Session } from '../dialect/dialect.ts';
import { pollUntilDone, type PollSeen } from './poll.ts';
import { tickingClock } from '../auth.testing.ts';

const session: Session = { accessToken: new Secret('t'), edge: 'edge.example.com', scopes: [] };
const done: PollAnswer = { status: 'done', session };

/** A login whose polls give the answers of a script, the last one again and again. */
function login(script: readonly (PollAnswer['status'] | ErrorCode)[], part: Partial<DeviceLogin> = {}): DeviceLogin {
  const left = [...script];
  return {
    verificationUri: 'https://edge.example.com/device',
    expiresIn: 600,
    interval: 5,
    code: new Secret('c'),
    poll: () => {
      const next = left.length > 1 ? left.shift() : left[0];
      if (next === 'done') return Promise.resolve(done);
      if (next === 'pending' || next === 'slow_down' || next === 'denied' || next === 'expired') {
        return Promise.resolve({ status: next });
      }
      return Promise.reject(next === undefined ? new Error('empty') : new BeamError(next, 'trouble'));
    },
    ...part,
  };
}

const AGAIN = 'beamd login --server edge.example.com';

describe('pollUntilDone', () => {
  test('waits the interval before every poll', async () => {
    const clock = tickingClock();
    expect(await pollUntilDone(login(['pending', 'pending', 'done']), { again: AGAIN, clock })).toBe(session);
    expect(clock.slept).toEqual([5000, 5000, 5000]);
  });

  test('slow_down adds 5 s for good', async () => {
    const clock = tickingClock();
    const told: PollSeen[] = [];
    const script = login(['slow_down', 'pending', 'slow_down', 'done']);
    await pollUntilDone(script, { again: AGAIN, clock, onPoll: (seen) => told.push(seen) });
    expect(clock.slept).toEqual([5000, 10_000, 10_000, 15_000]);
    expect(told).toEqual([{ trouble: 'slow_down', pause: 10 }, { pause: 10 }, { trouble: 'slow_down', pause: 15 }]);
  });

  test('trouble is waited out, ever longer, and told', async () => {
    const clock = tickingClock();
    const told: PollSeen[] = [];
    const script = login(['network', 'timeout', 'server_error', 'network', 'network', 'pending', 'done']);
    await pollUntilDone(script, { again: AGAIN, clock, onPoll: (seen) => told.push(seen) });
    expect(clock.slept).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000, 5000]);
    expect(told).toEqual([
      { trouble: 'network', pause: 10 },
      { trouble: 'timeout', pause: 20 },
      { trouble: 'server_error', pause: 40 },
      { trouble: 'network', pause: 60 },
      { trouble: 'network', pause: 60 },
      { pause: 5 },
    ]);
  });

  test('a server that says when is asked then, and not before', async () => {
    const clock = tickingClock();
    const polls = [new BeamError('server_error', 'busy', { retryAfter: 90 }), new BeamError('server_error', 'busy')];
    const poll = (): Promise<PollAnswer> => {
      const trouble = polls.shift();
      return trouble === undefined ? Promise.resolve(done) : Promise.reject(trouble);
    };
    await pollUntilDone(login([], { poll }), { again: AGAIN, clock });
    expect(clock.slept).toEqual([5000, 90_000, 20_000]);
    polls.push(new BeamError('server_error', 'busy', { retryAfter: 3_600 }));
    expect(await pollUntilDone(login([], { poll, expiresIn: 30 }), { again: AGAIN, clock })).toBe(session);
    expect(clock.slept.slice(3)).toEqual([5000, 25_000]);
  });

  test.each([
    ['denied', 'access_denied', 'The login was denied in the browser; nothing was saved'],
    ['expired', 'expired_token', 'The login expired before it was approved'],
    ['bad_answer', 'bad_answer', 'trouble'],
    ['insecure_transport', 'insecure_transport', 'trouble'],
  ] as const)('%s ends it', async (answer, code, message) => {
    const clock = tickingClock();
    expect(await failure(() => pollUntilDone(login(['pending', answer]), { again: AGAIN, clock }))).toMatchObject({
      code,
      message,
    });
  });

  test.each(['pending', 'network'] as const)('%s until it expires', async (answer) => {
    const clock = tickingClock();
    const begin = clock.now();
    expect(await failure(() => pollUntilDone(login([answer], { expiresIn: 31 }), { again: AGAIN, clock }))).toMatchObject({
      code: 'expired_token',
    });
    expect(clock.now() - begin).toBe(31_000);
  });

  test('the last poll is at the very end', async () => {
    const clock = tickingClock();
    expect(await pollUntilDone(login(['pending', 'done'], { expiresIn: 7 }), { again: AGAIN, clock })).toBe(session);
    expect(clock.slept).toEqual([5000, 2000]);
  });

  test('a machine that slept past the end', async () => {
    const clock = tickingClock();
    const asleep = login(['pending'], {
      poll: () => {
        clock.advance(86_400);
        return Promise.resolve({ status: 'pending' });
      },
    });
    expect(await failure(() => pollUntilDone(asleep, { again: AGAIN, clock }))).toMatchObject({ code: 'expired_token' });
    expect(clock.slept).toEqual([5000]);
  });

  const interrupted = { code: 'interrupted', message: 'The login was interrupted; nothing was saved' };

  test('Ctrl-C while waiting', async () => {
    const stop = new AbortController();
    const clock = {
      now: () => 0,
      elapsed: () => 0,
      sleep: () => new Promise<void>((_, reject) => stop.signal.addEventListener('abort', () => reject(new Error('aborted')))),
    };
    const failed = failure(() => pollUntilDone(login(['done']), { again: AGAIN, clock, signal: stop.signal }));
    stop.abort();
    expect(await failed).toEqual(interrupted);
  });

  test('Ctrl-C during a poll', async () => {
    const stop = new AbortController();
    const hanging = login([], {
      poll: (signal) => {
        stop.abort();
        return Promise.reject(signal?.aborted === true ? new BeamError('network', 'reset') : new Error('no signal'));
      },
    });
    expect(await failure(() => pollUntilDone(hanging, { again: AGAIN, clock: tickingClock(), signal: stop.signal }))).toEqual(
      interrupted,
    );
  });
});
