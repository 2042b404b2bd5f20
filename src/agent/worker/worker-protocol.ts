/** What passes between an agent and the worker it starts: one JSON line in, one out, over pipes. */
import { Secret } from '../../secret.ts';
import type { AuthorizeRequest } from '../protocol/agent.ts';
import { fieldsOf, flag, isFields, number, optional, text } from '../protocol/codec.ts';
import type { Fields } from '../protocol/codec.ts';
import type { Keys } from '../../environment.ts';
import { encodeAuthorizeRequest, parseAuthorizeRequest, parseScopeList } from '../protocol/values.ts';
import type { LoadedSession } from './work.ts';

export type Job =
  | { readonly kind: 'load' }
  | { readonly kind: 'scopes' }
  | { readonly kind: 'refresh'; readonly olderThan?: number }
  | { readonly kind: 'authorize'; readonly request: AuthorizeRequest }
  | { readonly kind: 'machine_token'; readonly gatewayCode: string };

export interface Order {
  readonly account: string;
  readonly keys: Keys;
  readonly job: Job;
}

export function encodeOrder({ account, keys, job }: Order): string {
  const { kind } = job;
  if (kind === 'authorize')
    return JSON.stringify({ account, keys, kind, ...fieldsOf(encodeAuthorizeRequest(job.request), kind) });
  if (kind === 'machine_token') return JSON.stringify({ account, keys, kind, gateway_code: job.gatewayCode });
  return JSON.stringify({ account, keys, kind, ...(kind === 'refresh' ? { older_than: job.olderThan } : {}) });
}

/** Throws `agent_unavailable` if this is not an order. */
export function parseOrder(line: string): Order {
  const fields = fieldsOf(JSON.parse(line), 'order');
  const keys = isFields(fields['keys']) ? fields['keys'] : {};
  return {
    account: text(fields, 'account'),
    keys: optional('BEAMD_ENCRYPTION_KEY', keys, 'BEAMD_ENCRYPTION_KEY', text),
    job: parseJob(fields),
  };
}

function parseJob(fields: Fields): Job {
  const kind = text(fields, 'kind');
  switch (kind) {
    case 'refresh':
      return { kind, ...optional('olderThan', fields, 'older_than', number) };
    case 'authorize':
      return { kind, request: parseAuthorizeRequest(fields) };
    case 'machine_token':
      return { kind, gatewayCode: text(fields, 'gateway_code') };
    default:
      return { kind: kind === 'scopes' ? 'scopes' : 'load' };
  }
}

/** `null` for an account that is not there. */
export function encodeLoaded(loaded: LoadedSession | undefined): unknown {
  if (loaded === undefined) return null;
  return {
    account: loaded.account,
    stamp: loaded.stamp,
    renewable: loaded.renewable,
    access_token: loaded.accessToken?.reveal(),
    expires_at: loaded.expiresAt,
    issued_at: loaded.issuedAt,
    ended_at: loaded.endedAt,
  };
}

/** Throws `agent_unavailable` if this is not a session. */
export function parseLoaded(value: unknown): LoadedSession | undefined {
  if (value === null || value === undefined) return undefined;
  const fields = fieldsOf(value, 'session');
  const account = fieldsOf(fields['account'], 'account');
  return {
    account: {
      server: text(account, 'server'),
      provider: account['provider'] === 'runbeam' ? 'runbeam' : 'edge',
      kind: account['kind'] === 'token' ? 'token' : 'session',
      scopes: parseScopeList(account).scopes,
      ...optional('defaultScope', account, 'defaultScope', text),
      ...optional('checkedAt', account, 'checkedAt', number),
    },
    stamp: text(fields, 'stamp'),
    renewable: flag(fields, 'renewable'),
    ...optional('accessToken', fields, 'access_token', (from, name) => new Secret(text(from, name))),
    ...optional('expiresAt', fields, 'expires_at', number),
    ...optional('issuedAt', fields, 'issued_at', number),
    ...optional('endedAt', fields, 'ended_at', number),
  };
}
