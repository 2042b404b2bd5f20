/** What the agent's tests own: a clock, and work that is done in memory. Never bundled. */
import { randomBytes } from 'node:crypto';
import { utimesSync, writeFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import { BeamError } from '../errors.ts';
import type { RequestMade } from '../http.ts';
import { Secret } from '../secret.ts';
import type { AuthorizeRequest, AuthorizeResult, LoadedSession, Work } from './protocol/agent.ts';
import type { Surroundings } from './protocol/surroundings.ts';
import { fileIdentity } from '../store/accounts/account-stamp.ts';

/** Surroundings without a proxy, a CA or a keyring. */
export const NOWHERE: { readonly surroundings: Surroundings } = {
  surroundings: { network: '', settings: '', desktop: '', gateways: '' },
};

export interface OwnedClock extends Clock {
  /** Moves the wall clock, seconds; sleepers wake when their time has come. */
  advance(seconds: number): void;
  /** The machine sleeps, seconds: of its two clocks only the wall clock goes on. */
  suspend(seconds: number): void;
}

export function ownClock(start = Date.UTC(2026, 0, 1)): OwnedClock {
  let now = start;
  let slept = 0;
  let sleepers: { at: number; wake: () => void }[] = [];
  return {
    now: () => now,
    elapsed: () => now - slept,
    sleep: (ms) => new Promise((wake) => sleepers.push({ at: now + ms, wake })),
    suspend: (seconds) => {
      now += seconds * 1000;
      slept += seconds * 1000;
    },
    advance: (seconds) => {
      now += seconds * 1000;
      const due = sleepers.filter(({ at }) => at <= now);
      sleepers = sleepers.filter(({ at }) => at > now);
      for (const { wake } of due) wake();
    },
  };
}

/** What each piece of work that takes a server is said to have asked it. */
export const ASKED: RequestMade = { method: 'POST', origin: 'https://edge.example.com', path: '/asked', status: 200, ms: 1.5 };

export function randomSecret(): Secret {
  return new Secret(randomBytes(24).toString('base64url'));
}

export interface MemoryWork extends Work {
  /** What the store holds; replace it, then `touch()`, to act as another process. */
  stored: LoadedSession | undefined;
  /** What the next refreshes throw, first one first. */
  failures: Error[];
  /** Seconds the server gives its tokens. */
  life: number;
  readonly calls: { loads: number; refreshes: number; checks: number };
  /** What becomes of an account that locks itself. */
  readonly locks: (Error | undefined)[];
  locked: number;
  /** What was asked before a use, and what is answered; yes, where nothing is said. */
  readonly questions: Parameters<Work['confirm']>[0][];
  readonly answers: ReturnType<Work['confirm']>[];
  touch(): void;
}

/** Work over one account file: the file is real (its stamp counts), what is in it is kept in memory. */
export function memoryWork(file: string, clock: Clock, life = 3600): MemoryWork {
  let version = 0;
  const seconds = (): number => clock.now() / 1000;
  const issue = (): LoadedSession => ({
    account: {
      server: 'edge.example.com',
      provider: 'edge',
      kind: 'session',
      scopes: [{ slug: 'alice', role: 'owner' }, { slug: 'acme' }],
      defaultScope: 'alice',
    },
    stamp: fileIdentity(file) ?? '',
    accessToken: randomSecret(),
    issuedAt: seconds(),
    expiresAt: seconds() + work.life,
    renewable: true,
  });
  const work: MemoryWork = {
    stored: undefined,
    failures: [],
    life,
    calls: { loads: 0, refreshes: 0, checks: 0 },
    locks: [],
    locked: 0,
    questions: [],
    confirm: (question) => {
      work.questions.push(question);
      return work.answers.shift() ?? Promise.resolve({});
    },
    answers: [],
    lock: () => {
      const failure = work.locks.shift();
      if (failure !== undefined) return Promise.reject(failure);
      work.locked += 1;
      return Promise.resolve({ sealed: true });
    },
    touch: () => {
      version += 1;
      writeFileSync(file, String(version));
      utimesSync(file, version, version);
      if (work.stored !== undefined) work.stored = { ...work.stored, stamp: fileIdentity(file) ?? '' };
    },
    load: async () => {
      work.calls.loads += 1;
      await Promise.resolve();
      return work.stored;
    },
    refresh: async (_, tell) => {
      work.calls.refreshes += 1;
      await Promise.resolve();
      tell?.(ASKED);
      const failure = work.failures.shift();
      if (failure !== undefined) throw failure;
      work.stored = issue();
      work.touch();
      return work.stored;
    },
    refreshScopes: (_, tell) => {
      work.calls.checks += 1;
      tell?.(ASKED);
      const failure = work.failures.shift();
      return failure === undefined ? Promise.resolve({ user: 'alice', scopes: [{ slug: 'alice' }] }) : Promise.reject(failure);
    },
    dueRenewals: () => Promise.resolve({ requests: [] }),
    authorize: (request) => Promise.resolve(authorized(request)),
    machineToken: ({ gatewayCode }) =>
      Promise.resolve({
        token: {
          machineToken: randomSecret(),
          expiresAt: '2026-02-01T00:00:00Z',
          gatewayId: 'gw-1',
          gatewayCode,
          abilities: ['harmony:read'],
        },
        stored: false,
      }),
  };
  work.touch();
  work.stored = issue();
  return work;
}

function authorized({ instance, via }: AuthorizeRequest): AuthorizeResult {
  if (instance.label === 'refused') throw new BeamError('forbidden', 'Refused', { hint: { command: 'runbeam harmony:list' } });
  return {
    gateway: { id: 'gw-1', code: instance.id, name: instance.label },
    expiresAt: '2026-02-01T00:00:00Z',
    expiresIn: 2_592_000,
    abilities: ['harmony:read'],
    authorizedBy: { name: 'Alice', email: 'alice@example.com' },
    via,
    delivered: false,
    problem: { message: 'The gateway cannot be reached', hint: 'runbeam harmony:authorize --id 1a2b3c4d --retry' },
  };
}
