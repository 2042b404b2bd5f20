/**
 * The wire contract between a command and its agent, used by both sides: JSON-RPC 2.0, one object a line, over a Unix
 * socket. `values.ts` holds the values that cross it. Access tokens do; refresh tokens and store keys never.
 */
import { BeamError, isErrorCode, type Hint } from '../../errors.ts';
import { machineTokenJson } from '../../store/instances/machine-token.ts';
import type { Agent, AuthorizeRequest } from './agent.ts';
import { fieldsOf, isFields, misunderstood, optional, text } from './codec.ts';
import type { Fields } from './codec.ts';
import { encodeAuthorizeRequest, encodeAuthorizeResult, encodeGrant, encodeStatus, parseAuthorizeRequest } from './values.ts';

/** Raised whenever a change here or in `values.ts` would confuse the other side. */
export const PROTOCOL = 2;

/** Longest line either side accepts, bytes. */
export const MAX_FRAME = 256 * 1024;

/** How long an agent may take to say hello, milliseconds. */
export const HELLO_DEADLINE = 2_000;

/** How long either side may take to finish a line it began, milliseconds. */
export const FRAME_DEADLINE = 2_000;

/** How long a call that may need the network is waited for, milliseconds. */
export const CALL_DEADLINE = 90_000;

/** A call, as a value: what `serve` hands to an `Agent` and what a client puts on the wire. */
export type Call =
  | { readonly method: 'hello' | 'refresh_scopes' | 'status' | 'stop' }
  | { readonly method: 'token'; readonly scope?: string }
  | { readonly method: 'authorize'; readonly request: AuthorizeRequest }
  | { readonly method: 'machine_token'; readonly gatewayCode: string };

export interface Request {
  readonly id: number;
  readonly call: Call;
}

/** A JSON-RPC request for something this agent does not know or cannot read: answered, as another version may send it. */
export interface UnreadableRequest {
  readonly id: number;
  readonly problem: BeamError;
}

export type Response = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: BeamError };

/** JSON-RPC's code for a failed call; our own code stands in `data`. */
const RPC_FAILED = -32_000;

function parseLine(line: string): { id: number; fields: Fields } | undefined {
  try {
    const fields: unknown = JSON.parse(line);
    if (!isFields(fields) || fields['jsonrpc'] !== '2.0' || !Number.isSafeInteger(fields['id'])) return undefined;
    return { id: Number(fields['id']), fields };
  } catch {
    return undefined;
  }
}

/** Throws `agent_unavailable` for a method or parameters that are not of this protocol. */
function parseCall(method: string, params: Fields): Call {
  switch (method) {
    case 'hello':
    case 'refresh_scopes':
    case 'status':
    case 'stop':
      return { method };
    case 'token':
      return { method, ...optional('scope', params, 'scope', text) };
    case 'authorize':
      return { method, request: parseAuthorizeRequest(params) };
    case 'machine_token':
      return { method, gatewayCode: text(params, 'gateway_code') };
    default:
      throw misunderstood('method');
  }
}

/** Reads one line from a client. Undefined: not JSON-RPC at all. */
export function parseRequest(line: string): Request | UnreadableRequest | undefined {
  const parsed = parseLine(line);
  if (parsed === undefined || typeof parsed.fields['method'] !== 'string') return undefined;
  const { id, fields } = parsed;
  try {
    return { id, call: parseCall(text(fields, 'method'), fieldsOf(fields['params'] ?? {}, 'params')) };
  } catch (error) {
    return { id, problem: ownError(error) };
  }
}

function encodeParams(call: Call): unknown {
  switch (call.method) {
    case 'token':
      return { scope: call.scope };
    case 'authorize':
      return encodeAuthorizeRequest(call.request);
    case 'machine_token':
      return { gateway_code: call.gatewayCode };
    default:
      return {};
  }
}

export function encodeRequest({ id, call }: Request): string {
  return `${JSON.stringify({ jsonrpc: '2.0', id, method: call.method, params: encodeParams(call) })}\n`;
}

/** Reads one line from an agent. Undefined: not a response of this protocol. */
export function parseResponse(line: string): Response | undefined {
  const parsed = parseLine(line);
  if (parsed === undefined) return undefined;
  const { id, fields } = parsed;
  const error = fields['error'];
  if (error === undefined) return { id, result: fields['result'] };
  return isFields(error) ? { id, error: parseError(error) } : undefined;
}

/** An error that crossed a socket or a pipe. */
export function parseError(error: Fields): BeamError {
  const data = isFields(error['data']) ? error['data'] : error;
  const message = typeof error['message'] === 'string' ? error['message'] : 'The agent failed';
  const retryAfter = data['retry_after'];
  return new BeamError(isErrorCode(data['code']) ? data['code'] : 'failed', message, {
    hint: parseHint(data['hint']),
    ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
  });
}

function parseHint(value: unknown): Hint | undefined {
  if (!isFields(value)) return undefined;
  if (typeof value['command'] === 'string') return { command: value['command'] };
  return typeof value['text'] === 'string' ? { text: value['text'] } : undefined;
}

export function encodeResult(id: number, result: unknown): string {
  return `${JSON.stringify({ jsonrpc: '2.0', id, result: result ?? {} })}\n`;
}

/** Our own errors cross as they are; anything else becomes `failed`, and its detail stays with the agent. */
export function encodeError(id: number, error: unknown): string {
  const { code, message, hint } = ownError(error);
  return `${JSON.stringify({ jsonrpc: '2.0', id, error: { code: RPC_FAILED, message, data: { code, hint } } })}\n`;
}

/** The error itself if it is ours, else a `failed` that tells nothing of it. */
export function ownError(error: unknown): BeamError {
  if (error instanceof BeamError) return error;
  return new BeamError('failed', 'The agent failed at this', { hint: { command: 'beamd agent log' }, cause: error });
}

/** Answers a call with an agent; the result is JSON. */
export async function answer(agent: Agent, call: Call): Promise<unknown> {
  switch (call.method) {
    case 'hello':
      return agent.hello();
    case 'token':
      return encodeGrant(await agent.token(call.scope === undefined ? {} : { scope: call.scope }));
    case 'refresh_scopes':
      return agent.refreshScopes();
    case 'authorize':
      return encodeAuthorizeResult(await agent.authorize(call.request));
    case 'machine_token':
      return machineTokenJson(await agent.machineToken({ gatewayCode: call.gatewayCode }));
    case 'status':
      return encodeStatus(await agent.status());
    case 'stop':
      return agent.stop();
  }
}
