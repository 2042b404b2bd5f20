/** The lines on a wire: JSON-RPC 2.0, one object a line; a job's line says besides for which account it is. */
import { omitUndefined } from '../../omit-undefined.ts';
import { BeamError, isErrorCode, parseHint } from '../../errors.ts';
import type { Keys } from '../../environment.ts';
import { isFields, looseJson, type Fields } from '../../loose-json.ts';
import { VERSION } from '../../programs.ts';
import { decode, encode, misunderstood, object, optional, text, wireName } from './codec.ts';
import { findJob, findMethod, type Job, type Method } from './wire.ts';

/** A call, its parameters not read yet. */
export interface Request {
  readonly id: number;
  readonly method: Method;
  readonly params: unknown;
}

/** A JSON-RPC request for something this agent does not know: answered, as another version may send it. */
export interface UnknownRequest {
  readonly id: number;
  readonly problem: BeamError;
}

/** `requests`: those that were made for the call, in their JSON form, where they were asked for. */
export type Response = { readonly id: number; readonly requests?: unknown } & (
  { readonly result: unknown } | { readonly error: BeamError }
);

/** What a worker is told: do this job for this account, with these keys. */
export interface JobRequest {
  readonly account: string;
  readonly keys: Keys;
  readonly job: Job;
  readonly params: unknown;
}

/** JSON-RPC's code for a failed call; our own code stands in `data`. */
const RPC_FAILED = -32_000;

/** A worker is asked once. */
const JOB_ID = 1;

const keysShape = object({ encryptionKey: optional(text) });

const jobHead = object({ account: text, keys: keysShape, version: text });

function lineOf(message: Fields): string {
  return `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
}

function parseLine(line: string): { id: number; fields: Fields } | undefined {
  const fields = looseJson(line);
  if (!isFields(fields) || fields['jsonrpc'] !== '2.0' || !Number.isSafeInteger(fields['id'])) return undefined;
  return { id: Number(fields['id']), fields };
}

export function encodeRequest({ id, method, params }: Request): string {
  return lineOf({ id, method: wireName(method), params });
}

/** Reads one line from a client. Undefined: not JSON-RPC at all. */
export function parseRequest(line: string): Request | UnknownRequest | undefined {
  const parsed = parseLine(line);
  if (parsed === undefined || typeof parsed.fields['method'] !== 'string') return undefined;
  const { id, fields } = parsed;
  const method = findMethod(fields['method']);
  return method === undefined ? { id, problem: misunderstood('method') } : { id, method, params: fields['params'] ?? {} };
}

export function encodeJob({ job, params, ...head }: JobRequest): string {
  return lineOf({ id: JOB_ID, method: wireName(job), params, ...(encode(jobHead, { ...head, version: VERSION }) as Fields) });
}

/** What an agent says, and its worker to it, when its program was replaced: nothing was done, and the next agent will. */
export function outdated(cause?: unknown): BeamError {
  return new BeamError('agent_outdated', 'The program of this agent was replaced or removed meanwhile', {
    hint: { text: 'Run the command again' },
    cause,
  });
}

/**
 * Reads what a worker is told. Throws `agent_unavailable` if this is not a job, and `agent_outdated` if it is one of an agent
 * of another version, which an update left running.
 */
export function parseJob(line: string): JobRequest {
  const fields = parseLine(line)?.fields;
  const job = findJob(fields?.['method']);
  if (fields === undefined || job === undefined) throw misunderstood('job');
  const { version, ...head } = decode(jobHead, fields, 'job');
  if (version !== VERSION) throw outdated();
  return { ...head, job, params: fields['params'] ?? {} };
}

/** `result` is in its JSON form, and so are `requests`. */
export function encodeResult(id: number, result: unknown, requests?: unknown): string {
  return lineOf({ id, result, requests });
}

/** Our own errors cross as they are; anything else becomes `failed`, and its detail stays on this side. */
export function encodeError(id: number, error: unknown, requests?: unknown): string {
  const { code, message, hint, retryAfter, at } = ownError(error);
  return lineOf({ id, error: { code: RPC_FAILED, message, data: { code, hint, retry_after: retryAfter, at } }, requests });
}

/** What a worker answers. */
export const encodeJobResult = (result: unknown, requests?: unknown): string => encodeResult(JOB_ID, result, requests);
export const encodeJobError = (error: unknown, requests?: unknown): string => encodeError(JOB_ID, error, requests);

/** Reads one line of an answer. Undefined: not a response of this protocol. */
export function parseResponse(line: string): Response | undefined {
  const parsed = parseLine(line);
  if (parsed === undefined) return undefined;
  const { id, fields } = parsed;
  const { error, requests } = fields;
  const head = requests === undefined ? { id } : { id, requests };
  if (error === undefined) return { ...head, result: fields['result'] };
  return isFields(error) ? { ...head, error: parseError(error) } : undefined;
}

function parseError(error: Fields): BeamError {
  const data = isFields(error['data']) ? error['data'] : {};
  const message = typeof error['message'] === 'string' ? error['message'] : 'The agent failed';
  return new BeamError(
    isErrorCode(data['code']) ? data['code'] : 'failed',
    message,
    omitUndefined({ hint: parseHint(data['hint']), retryAfter: numberIn(data['retry_after']), at: numberIn(data['at']) }),
  );
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** The error itself if it is ours, else a `failed` that tells nothing of it. */
export function ownError(error: unknown): BeamError {
  if (error instanceof BeamError) return error;
  return new BeamError('failed', 'The agent failed at this', { hint: { command: 'beamd agent log' }, cause: error });
}
