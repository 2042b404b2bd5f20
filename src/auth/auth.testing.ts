/** For tests: time that the test owns, and sessions as plain values. Never bundled. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { createHttp } from '../net/http-client.ts';
import { Secret } from '../secret.ts';
import { parseServer } from '../store/server.ts';
import type { Account, Credential } from '../store/accounts/account.ts';
import type { AuthDeps, DeviceLogin, Session } from './dialect/dialect.ts';

export const http = createHttp({ env: {} });

export interface TickingClock extends Clock {
  /** What was slept, milliseconds. */
  readonly slept: number[];
  /** Seconds. */
  advance(seconds: number): void;
}

/** Every sleep is over at once, and moves the time. */
export function tickingClock(start = Date.UTC(2026, 0, 1)): TickingClock {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    elapsed: () => now,
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
    advance: (seconds) => {
      now += seconds * 1000;
    },
  };
}

/** Unix seconds of a ticking clock's default start. */
export const START = Date.UTC(2026, 0, 1) / 1000;

export function depsOf(clock: Clock = tickingClock()): AuthDeps {
  return { http, clock };
}

export function randomToken(): string {
  return randomBytes(18).toString('base64url');
}

/** With the secrets shown, to compare whole values. */
export function plain(value: Session | Credential): Record<string, unknown> {
  const shown = Object.entries(value).map(([name, one]): [string, unknown] => [name, one instanceof Secret ? one.reveal() : one]);
  return Object.fromEntries(shown);
}

/** What a started login shows: all but its poll. */
export function shownOf(login: DeviceLogin): Record<string, unknown> {
  return Object.fromEntries(Object.entries(login).filter(([name]) => !['poll', 'code'].includes(name)));
}

export function accountOf(origin: string, part: Partial<Account> & Pick<Account, 'dialect'>): Account {
  const server = parseServer(origin);
  return {
    key: server.key,
    server: server.name,
    provider: 'edge',
    kind: 'session',
    scopes: [],
    storage: 'age',
    ...part,
  };
}

export function credentialOf(accessToken: string, refreshToken?: string): Credential {
  return {
    accessToken: new Secret(accessToken),
    ...(refreshToken === undefined ? {} : { refreshToken: new Secret(refreshToken) }),
  };
}
