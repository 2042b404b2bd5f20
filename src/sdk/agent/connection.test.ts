import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { randomBytes } from 'node:crypto';
import { BeamError } from '../../errors.ts';
import { Secret } from '../../secret.ts';
import { OpenConnection, type ConnectionDeps } from './connection.ts';
import type { AgentEvents } from './events.ts';

const START = Date.UTC(2026, 0, 1);
const NAMES = ['refreshed', 'expiring', 'ended', 'restarted'] as const;
type Heard = { [N in keyof AgentEvents]: readonly [N, AgentEvents[N]] }[keyof AgentEvents];

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const secret = (): Secret => new Secret(randomBytes(12).toString('hex'));
const inSeconds = (seconds: number): number => START / 1000 + seconds;

/** A connection whose agent gives what `grant` says. */
function connection(grant: () => { accessToken: Secret; expiresAt?: number }) {
  const heard: Heard[] = [];
  let calls = 0;
  const link: ConnectionDeps['link'] = {
    token: async () => {
      calls += 1;
      return { ...grant(), server: 'edge.example.com' };
    },
    close: () => undefined,
  };
  const place = { server: 'edge.example.com', socket: '/s', origins: ['https://edge.example.com'], running: true };
  const agent = new OpenConnection({ link, place, scope: undefined, fetch, clock: { now: () => Date.now() } });
  const listen = (): void =>
    NAMES.forEach((name) => agent.on(name, (event) => void heard.push([name, event] as unknown as Heard)));
  return { agent, heard, listen, calls: () => calls };
}

it('asks for a token that comes to its end, while somebody listens', async () => {
  let grant = { accessToken: secret(), expiresAt: inSeconds(3_600) };
  const { agent, heard, listen, calls } = connection(() => grant);
  await agent.token();
  await vi.advanceTimersByTimeAsync(3_500_000);
  expect([calls(), heard]).toEqual([1, []]);
  listen();
  grant = { accessToken: secret(), expiresAt: inSeconds(7_200) };
  await vi.advanceTimersByTimeAsync(95_000);
  expect([calls(), heard]).toEqual([2, [['refreshed', { expiresAt: '2026-01-01T02:00:00Z' }]]]);
  agent.close();
  await vi.advanceTimersByTimeAsync(7_200_000);
  expect(calls()).toBe(2);
});

it('tells that a token ends and none comes, and asks again', async () => {
  let problem: BeamError | undefined;
  let grant = { accessToken: secret(), expiresAt: inSeconds(100) };
  const { agent, heard, listen } = connection(() => {
    if (problem !== undefined) throw problem;
    return grant;
  });
  await agent.token();
  listen();
  await vi.advanceTimersByTimeAsync(92_000);
  expect(heard).toEqual([['expiring', { expiresAt: '2026-01-01T00:01:40Z' }]]);
  problem = new BeamError('network', 'edge.example.com cannot be reached');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(heard.at(-1)).toEqual(['expiring', { expiresAt: '2026-01-01T00:01:40Z', error: problem }]);
  problem = undefined;
  grant = { accessToken: secret(), expiresAt: inSeconds(1_000) };
  await vi.advanceTimersByTimeAsync(10_000);
  expect(heard.at(-1)).toEqual(['refreshed', { expiresAt: '2026-01-01T00:16:40Z' }]);
});

it('tells of an end once, watches nothing then, and begins anew after a login', async () => {
  let problem: BeamError | undefined;
  let grant = { accessToken: secret(), expiresAt: inSeconds(100) };
  const { agent, heard, listen, calls } = connection(() => {
    if (problem !== undefined) throw problem;
    return grant;
  });
  listen();
  await agent.token();
  problem = new BeamError('session_ended', 'Your session ended');
  await vi.advanceTimersByTimeAsync(93_000);
  await expect(agent.token()).rejects.toBe(problem);
  await vi.advanceTimersByTimeAsync(100_000);
  expect([calls(), heard]).toEqual([3, [['ended', { error: problem }]]]);
  problem = undefined;
  grant = { accessToken: secret(), expiresAt: inSeconds(1_000) };
  await agent.token();
  await vi.advanceTimersByTimeAsync(800_000);
  expect(calls()).toBeGreaterThan(4);
});

it('has no event about a token that does not expire', async () => {
  const { agent, heard, listen, calls } = connection(() => ({ accessToken: secret() }));
  listen();
  await agent.token();
  await vi.advanceTimersByTimeAsync(100_000_000);
  expect([agent.expiresAt, calls(), heard]).toEqual([undefined, 1, []]);
  agent.answeredBy(1);
  agent.answeredBy(1);
  agent.answeredBy(2);
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toEqual([['restarted', { pid: 2 }]]);
});
