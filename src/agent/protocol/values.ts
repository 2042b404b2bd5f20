/** The values that cross the socket and the worker's pipe: each with its snake_case JSON form and its reader. */
import { Secret } from '../../secret.ts';
import type { MachineToken } from '../../store/instances/machine-token.ts';
import type { Scope } from '../../store/accounts/account.ts';
import type { AgentInfo, AgentStatus, AuthorizeRequest, AuthorizeResult, TokenGrant } from './agent.ts';
import { fieldsOf, flag, number, optional, text, texts } from './codec.ts';

export interface ScopeList {
  readonly user?: string;
  readonly scopes: readonly Scope[];
}

export function encodeGrant(grant: TokenGrant): unknown {
  return {
    access_token: grant.accessToken.reveal(),
    expires_at: grant.expiresAt,
    server: grant.server,
    scope: grant.scope,
  };
}

/** Throws `agent_unavailable` if this is not a grant. */
export function parseGrant(value: unknown): TokenGrant {
  const fields = fieldsOf(value, 'token');
  return {
    accessToken: new Secret(text(fields, 'access_token')),
    server: text(fields, 'server'),
    ...optional('expiresAt', fields, 'expires_at', number),
    ...optional('scope', fields, 'scope', text),
  };
}

/** Throws `agent_unavailable` if this is not an agent's description of itself. */
export function parseInfo(value: unknown): AgentInfo {
  const fields = fieldsOf(value, 'hello');
  return {
    protocol: number(fields, 'protocol'),
    version: text(fields, 'version'),
    pid: number(fields, 'pid'),
    account: text(fields, 'account'),
  };
}

export function encodeStatus(status: AgentStatus): unknown {
  const { startedAt, expiresAt, refreshedAt, ...rest } = status;
  return { ...rest, started_at: startedAt, expires_at: expiresAt, refreshed_at: refreshedAt };
}

/** Throws `agent_unavailable` if this is not an agent's status. */
export function parseStatus(value: unknown): AgentStatus {
  const fields = fieldsOf(value, 'status');
  return {
    ...parseInfo(value),
    startedAt: number(fields, 'started_at'),
    refreshes: number(fields, 'refreshes'),
    served: number(fields, 'served'),
    ...optional('expiresAt', fields, 'expires_at', number),
    ...optional('refreshedAt', fields, 'refreshed_at', number),
  };
}

function parseScope(value: unknown): Scope {
  const fields = fieldsOf(value, 'scope');
  return { slug: text(fields, 'slug'), ...optional('role', fields, 'role', text) };
}

/** Throws `agent_unavailable` if this is not a list of orgs. */
export function parseScopeList(value: unknown): ScopeList {
  const fields = fieldsOf(value, 'scopes');
  const list = fields['scopes'];
  return {
    scopes: Array.isArray(list) ? list.map(parseScope) : [],
    ...optional('user', fields, 'user', text),
  };
}

export function encodeAuthorizeRequest({ instance, via, retry }: AuthorizeRequest): unknown {
  const { pathPrefix, ...rest } = instance;
  return { instance: { ...rest, path_prefix: pathPrefix }, via, retry };
}

/** Throws `agent_unavailable` if this is not a request to authorize an instance. */
export function parseAuthorizeRequest(value: unknown): AuthorizeRequest {
  const fields = fieldsOf(value, 'authorize');
  const instance = fieldsOf(fields['instance'], 'instance');
  return {
    instance: {
      id: text(instance, 'id'),
      ip: text(instance, 'ip'),
      port: number(instance, 'port'),
      label: text(instance, 'label'),
      pathPrefix: text(instance, 'path_prefix'),
    },
    via: text(fields, 'via') === 'harmony' ? 'harmony' : 'cloud',
    retry: flag(fields, 'retry'),
  };
}

export function encodeAuthorizeResult(result: AuthorizeResult): unknown {
  const { expiresAt, expiresIn, authorizedBy, ...rest } = result;
  return { ...rest, expires_at: expiresAt, expires_in: expiresIn, authorized_by: authorizedBy };
}

/** Throws `agent_unavailable` if this is not the outcome of an authorization. */
export function parseAuthorizeResult(value: unknown): AuthorizeResult {
  const fields = fieldsOf(value, 'authorize');
  const gateway = fieldsOf(fields['gateway'], 'gateway');
  return {
    gateway: { id: text(gateway, 'id'), code: text(gateway, 'code'), name: text(gateway, 'name') },
    expiresAt: text(fields, 'expires_at'),
    abilities: texts(fields, 'abilities'),
    via: text(fields, 'via') === 'harmony' ? 'harmony' : 'cloud',
    delivered: flag(fields, 'delivered'),
    ...optional('expiresIn', fields, 'expires_in', number),
    ...optional('authorizedBy', fields, 'authorized_by', parsePerson),
    ...optional('problem', fields, 'problem', parseProblem),
  };
}

function parsePerson(fields: Readonly<Record<string, unknown>>, name: string): { name: string; email: string } {
  const person = fieldsOf(fields[name], name);
  return { name: text(person, 'name'), email: text(person, 'email') };
}

function parseProblem(fields: Readonly<Record<string, unknown>>, name: string): { message: string; hint?: string } {
  const problem = fieldsOf(fields[name], name);
  return { message: text(problem, 'message'), ...optional('hint', problem, 'hint', text) };
}

/** Throws `agent_unavailable` if this is not a machine token. */
export function parseMachineToken(value: unknown): MachineToken {
  const fields = fieldsOf(value, 'machine_token');
  return {
    machineToken: new Secret(text(fields, 'machine_token')),
    expiresAt: text(fields, 'expires_at'),
    gatewayId: text(fields, 'gateway_id'),
    abilities: texts(fields, 'abilities'),
    ...optional('gatewayCode', fields, 'gateway_code', text),
    ...optional('issuedAt', fields, 'issued_at', text),
  };
}
