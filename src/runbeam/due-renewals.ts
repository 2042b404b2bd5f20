/** Which machine tokens an agent is to renew by itself, and when: those of its own cloud, of instances with `renew: auto`. */
import { readSettings } from '../store/instances/instance-settings.ts';
import type { Instance } from '../store/instances/instances.ts';
import type { AuthorizeRequest } from './authorization.ts';
import { endOf, tokenRows, type StandingDeps, type TokenRow } from './token-standing.ts';

const DAY = 86_400_000;

/** Milliseconds before its end at which a token is renewed, at the earliest; within half a day after that each has its own time. */
export const AHEAD = 5 * DAY;
const SPREAD = DAY / 2;

export interface DueRenewals {
  readonly requests: readonly AuthorizeRequest[];
  /** When the next one is due, unix seconds; absent: nothing is to be renewed after these. */
  readonly next?: number;
}

/** @param apiUrl - of the agent's account: no token of another cloud is touched. Throws as `tokenRows`. */
export async function dueRenewals(deps: StandingDeps, apiUrl: string): Promise<DueRenewals> {
  const cloud = new URL(apiUrl).origin;
  const now = deps.clock.now();
  const found = new Map<string, { readonly at: number; readonly request: AuthorizeRequest }>();
  for (const row of await tokenRows(deps, { sealed: true })) {
    const { instance } = row;
    if (instance === undefined || row.cloud !== cloud || !isToRenew(row)) continue;
    // What waits to be delivered goes first: no other is asked for while it does.
    if (found.has(instance.id) && row.standing !== 'undelivered') continue;
    if (readSettings(deps.homes, instance.id).renew === 'auto') {
      found.set(instance.id, { at: renewAt(row, instance, now), request: requestOf(row, instance) });
    }
  }
  const all = [...found.values()];
  const later = all.filter(({ at }) => at > now).map(({ at }) => at / 1000);
  const requests = all.filter(({ at }) => at <= now).map(({ request }) => request);
  return later.length === 0 ? { requests } : { requests, next: Math.min(...later) };
}

const isToRenew = ({ standing, givenOut }: TokenRow): boolean =>
  standing === 'undelivered' || ((standing === 'live' || standing === 'expired') && givenOut === undefined);

/** By its id, and so the same whenever it is asked: a fleet that was authorized at once is not renewed at once. */
function renewAt(row: TokenRow, { id }: Instance, now: number): number {
  if (row.standing === 'undelivered') return now;
  return endOf(row) - AHEAD + SPREAD * (Number.parseInt(id.slice(-4), 16) / 65_536);
}

function requestOf(row: TokenRow, { id, ip, port, label, pathPrefix }: Instance): AuthorizeRequest {
  const request = { instance: { id, ip, port, label, pathPrefix }, via: 'cloud' } as const;
  if (row.standing === 'undelivered') return { ...request, retry: true };
  return { ...request, retry: false, ...(row.expiresAt === undefined ? {} : { replaces: row.expiresAt }) };
}
