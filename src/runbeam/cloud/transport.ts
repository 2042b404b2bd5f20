/** How every call to Runbeam Cloud is made: where to, with which token, how often, and what is made of the answer. */
import type * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import { BeamError, isTransient } from '../../errors.ts';
import type { Http, HttpResponse } from '../../http.ts';
import { parseJson } from '../../net/answers.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Secret } from '../../secret.ts';
import { answerProblem, callCloud, hostOf, isSuccess, resolveBaseUrl } from './base-url.ts';

/** What every call may be given. */
export interface CallOptions {
  /** Ends the call, which then throws `interrupted`. */
  readonly signal?: AbortSignal | undefined;
}

/** What calls are made with. */
export interface CloudDeps {
  readonly http: Http;
  /** As `parseApiUrl` gives it. */
  readonly apiUrl: string;
  /** What `baseUrl` gave before: the cloud is not asked for it. */
  readonly baseUrl?: string | undefined;
  /**
   * The token of a call, asked for each: a JWT, a Sanctum token or a machine token. It is passed on as it is. Asked again, with the
   * one that was `refused`, where the cloud did not take that (401): another one is tried, once.
   */
  readonly token: (refused?: Secret) => Secret | Promise<Secret>;
  /** What is thrown where the cloud refuses the token. Default: what tells a user to log in again. */
  readonly rejected?: (() => BeamError) | undefined;
  readonly clock: Pick<Clock, 'sleep'>;
  /** How often a call that only reads is made again. Default 2. */
  readonly retries?: number | undefined;
  /** 0 to 1, for the pauses between them. */
  readonly random?: () => number;
}

export interface CloudCall extends CallOptions {
  readonly path: string;
  /** A POST is never made twice: whether the first one came through is not known. Default GET. */
  readonly method?: 'POST';
  /** The body of a POST, made of the token that is sent with it: that may stand in it as well. */
  readonly json?: (bearer: Secret) => unknown;
}

/** A call that changes something. */
export function post(path: string, json: unknown, { signal }: CallOptions): CloudCall {
  return { path, method: 'POST', json: () => json, signal };
}

const RETRIES = 2;
/** Longest pause before the first retry, doubled for each, milliseconds. */
const FIRST_PAUSE = 500;
/** Who is told to wait for longer decides that himself, seconds. */
const LONGEST_WAIT = 20;

export class CloudTransport {
  readonly #deps: CloudDeps;
  #baseUrl: string | undefined;

  constructor(deps: CloudDeps) {
    this.#deps = deps;
    this.#baseUrl = deps.baseUrl;
  }

  /** Asked once: what is answered then counts for the life of this object. Throws as `resolveBaseUrl`, and what `token` throws. */
  async baseUrl({ signal }: CallOptions = {}): Promise<string> {
    const { apiUrl, http, token } = this.#deps;
    if (this.#baseUrl !== undefined) return this.#baseUrl;
    const bearer = await token();
    this.#baseUrl = await this.#tried(() => resolveBaseUrl(apiUrl, http, omitUndefined({ bearer, signal })), signal);
    return this.#baseUrl;
  }

  /** The answer, whatever its status. */
  async send({ path, method, json, signal }: CloudCall): Promise<HttpResponse> {
    const baseUrl = await this.baseUrl({ signal });
    const call = (bearer: Secret): Promise<HttpResponse> => {
      return callCloud(baseUrl, path, this.#deps.http, omitUndefined({ method, bearer, json: json?.(bearer), signal }));
    };
    const bearer = await this.#deps.token();
    const response = await call(bearer);
    if (response.status !== 401) return response;
    // Whoever holds the session may have another one by now, or get one; and what was refused was not done.
    const newer = await this.#another(bearer);
    return newer.equals(bearer) ? response : call(newer);
  }

  /** What is thrown keeps the 401: so it is known that nothing was done. */
  async #another(refused: Secret): Promise<Secret> {
    try {
      return await this.#deps.token(refused);
    } catch (error) {
      if (!(error instanceof BeamError)) throw error;
      const { code, message, hint, retryAfter } = error;
      throw new BeamError(code, message, omitUndefined({ hint, retryAfter, status: 401, cause: error }));
    }
  }

  /**
   * The JSON of a good answer; `what` names it. Throws `token_rejected` (401), `forbidden` (403), `not_found` (404),
   * `server_error` (429, 5xx), `failed` (other 4xx), `bad_answer`, `network`, `timeout`, `interrupted`.
   */
  async ask<const S extends v.GenericSchema>(call: CloudCall, schema: S, what: string): Promise<v.InferOutput<S>> {
    const once = async (): Promise<v.InferOutput<S>> => {
      const response = await this.send(call);
      const host = hostOf(this.#deps.apiUrl);
      if (!isSuccess(response)) throw this.#problem(response, host);
      return parseJson(response, schema, `${what} of ${host}`);
    };
    return call.method === undefined ? this.#tried(once, call.signal) : once();
  }

  #problem(response: HttpResponse, host: string): BeamError {
    const { rejected } = this.#deps;
    return response.status === 401 && rejected !== undefined ? rejected() : answerProblem(response, host);
  }

  /** Does what only reads, and again where that may help, after a pause by chance, so that many who failed do not return as one. */
  async #tried<T>(read: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const { retries = RETRIES, clock, random = Math.random } = this.#deps;
    for (let retry = 0; ; retry += 1) {
      try {
        return await read();
      } catch (error) {
        if (!(error instanceof BeamError) || !isTransient(error.code) || retry >= retries) throw error;
        const { retryAfter = 0 } = error;
        if (retryAfter > LONGEST_WAIT) throw error;
        await pause(clock, retryAfter * 1_000 + random() * FIRST_PAUSE * 2 ** retry, signal);
      }
    }
  }
}

async function pause(clock: Pick<Clock, 'sleep'>, ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    throw new BeamError('interrupted', 'The call was interrupted while it waited to be made again', { cause: error });
  }
}
