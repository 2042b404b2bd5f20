/**
 * New machine tokens for many gateways, in this process, with tokens of whoever acts: a thousand jobs would keep an agent busy
 * that others need, too. What happens to one gateway is in its outcome; what would happen to all ends the run.
 */
import { BeamError, isOfAll, isTransient } from '../../../errors.ts';
import { authorizeInstance, type AuthorizeDeps } from '../../../runbeam/authorize.ts';
import type { AuthorizeResult } from '../../../runbeam/authorization.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { hasPendingToken } from '../../../store/instances/machine-token.ts';
import { proveLedger } from '../../../store/instances/token-ledger.ts';
import { ensureStoreKey } from '../../../store/secrets/key-file.ts';
import type { Context } from '../../context.ts';
import type { Acting, ActingContext } from '../acting.ts';
import { noTokenIssued, whyNoToken } from '../gateways/session-only.ts';
import type { Left } from '../../waiting.ts';
import { runFleet, type Attempt, type Outcome } from './engine.ts';
import { tokenForRun } from './fleet-token.ts';
import { Gate } from './gate.ts';

/** A gateway, and what is to be done for it. */
export interface GatewayTask {
  readonly instance: Instance;
  /** As `AuthorizeRequest.replaces`: nothing is asked for if somebody else has brought a newer one meanwhile. */
  readonly replaces?: string | undefined;
  /** Else as of the run. */
  readonly via?: RunInput['via'] | undefined;
}

/** What came of one gateway. `problem`: why it has no token, or not the one that is kept for it. */
export interface GatewayOutcome {
  readonly instance: Instance;
  readonly outcome: 'authorized' | 'undelivered' | 'failed' | 'left';
  /** RFC 3339. */
  readonly expiresAt?: string;
  readonly problem?: ReturnType<BeamError['toJSON']> | AuthorizeResult['problem'];
}

/** Told what happens while it happens. */
export interface FleetWatcher<O = GatewayOutcome> {
  /** A gateway is done with, the first or a later one of `total`. */
  gateway(outcome: O, done: number, total: number): void;
  /** The cloud is asked nothing for so many seconds: it said so. */
  waits(seconds: number): void;
  /** Ctrl-C has come: nothing more is begun, and what is under way comes to its end. */
  stops(): void;
}

export interface RunInput {
  readonly via: 'cloud' | 'harmony';
  /** Only bring the tokens that are kept; ask the cloud for nothing. */
  readonly onlyKept: boolean;
  /** How many at a time, unless 16. */
  readonly concurrency?: number | undefined;
  /** What is being done, in plain words. */
  readonly line: string;
  /** What a second Ctrl-C leaves, when nothing is waited for any more. */
  readonly left: () => Left;
}

export interface RunEnd {
  readonly gateways: readonly GatewayOutcome[];
  /** Why the run ended before it was through: the same would have come of all the others. */
  readonly stopped?: BeamError;
  /** Ctrl-C. */
  readonly interrupted: boolean;
}

type RunContext = ActingContext & Pick<Context, 'waiting'>;

/** How many at a time, unless said. */
const CONCURRENCY = 16;

/** Does them. One that has a kept token gets that one. Throws as `CloudClient.baseUrl`, `proveLedger` and `ensureStoreKey`. */
export async function runGateways(
  context: RunContext,
  { acting, tasks, watcher }: { readonly acting: Acting; readonly tasks: readonly GatewayTask[]; readonly watcher: FleetWatcher },
  input: RunInput,
): Promise<RunEnd> {
  const total = tasks.length;
  if (total === 0) return { gateways: [], interrupted: false };
  const { clock } = context;
  const stop = new AbortController();
  // All that are under way listen to it.
  process.getBuiltinModule('node:events').setMaxListeners(0, stop.signal);
  const gate = new Gate({ clock, random: Math.random, signal: stop.signal });
  const onStop = (): void => {
    stop.abort();
    watcher.stops();
  };
  return context.waiting({ line: input.line, left: input.left, stop: onStop }, async (say) => {
    // The same would come of each of them, and nothing else is worth asking then. What is kept is brought all the same.
    if (!input.onlyKept && tasks.some(({ instance }) => !hasPendingToken(context.homes, instance.id))) await proveLedger(context);
    const deps = await authorizeDeps(context, acting, gate);
    let [done, failed] = [0, 0];
    const { outcomes, stopped } = await runFleet<GatewayTask, AuthorizeResult | BeamError>(tasks, {
      clock,
      random: Math.random,
      gate,
      concurrency: input.concurrency ?? CONCURRENCY,
      stop: stop.signal,
      work: (task) => authorizeOne(context, deps, input, task),
      onOutcome: (outcome) => {
        const gateway = told(outcome);
        done += 1;
        if (gateway.outcome !== 'authorized') failed += 1;
        watcher.gateway(gateway, done, total);
        const trouble = failed === 0 ? '' : `, ${String(failed)} not`;
        say(`${stop.signal.aborted ? 'Ending what is under way' : input.line} (${String(done)}/${String(total)}${trouble})`);
      },
      onWait: (seconds) => watcher.waits(seconds),
    });
    return omitUndefined({ gateways: outcomes.map(told), stopped, interrupted: stop.signal.aborted });
  });
}

async function authorizeDeps(context: RunContext, acting: Acting, gate: Gate): Promise<AuthorizeDeps> {
  const { homes, env, clock, http: gatewayHttp } = context;
  const { http, apiUrl, rejected } = acting;
  const token = tokenForRun(acting, clock);
  return {
    homes,
    env,
    http,
    gatewayHttp,
    clock,
    apiUrl,
    storeKey: await ensureStoreKey(homes, env),
    baseUrl: await (await acting.cloud()).baseUrl(),
    rejected,
    accessToken: async (refused) => {
      // The last moment before the cloud is asked, and before the ledger says that it is.
      await gate.pass();
      return token(refused);
    },
  };
}

async function authorizeOne(
  context: RunContext,
  deps: AuthorizeDeps,
  { via: usual, onlyKept }: RunInput,
  { instance, replaces, via = usual }: GatewayTask,
): Promise<Attempt<AuthorizeResult | BeamError>> {
  const request = omitUndefined({ instance, via, replaces, retry: false });
  if (hasPendingToken(context.homes, instance.id)) {
    const delivered = await ofGateway(() => authorizeInstance(deps, { instance, via: 'cloud', retry: true }));
    const isExpired = delivered.result instanceof BeamError && delivered.result.code === 'expired_token';
    if (!isExpired || onlyKept) return delivered;
  }
  if (via === 'harmony') return ofGateway(() => authorizeInstance(deps, request));
  // Looked at first: a token that nobody takes would live for 30 days.
  const trouble = await ofGateway(() => takesTokens(context, instance));
  if (trouble.result instanceof BeamError) return { ...trouble, result: trouble.result };
  const result = await authorizeInstance(deps, request);
  return { result, again: !result.delivered };
}

async function takesTokens(context: RunContext, instance: Instance): Promise<undefined> {
  const why = await whyNoToken(context, instance);
  if (why !== undefined) throw noTokenIssued(why, instance);
}

/** Trouble of one gateway is its own result; the user's session and Ctrl-C are everybody's. */
async function ofGateway<R extends AuthorizeResult | undefined>(work: () => Promise<R>): Promise<Attempt<R | BeamError>> {
  try {
    const result = await work();
    return { result, again: result?.delivered === false };
  } catch (error) {
    if (!(error instanceof BeamError) || error.status === 429) throw error;
    if (isOfAll(error.code) && !ITS_OWN.has(error.code)) throw error;
    return { result: error, again: isTransient(error.code) };
  }
}

/** What a gateway says of a token, and what became of the one that is kept for it. */
const ITS_OWN: ReadonlySet<string> = new Set(['token_rejected', 'expired_token']);

function told(outcome: Outcome<GatewayTask, AuthorizeResult | BeamError>): GatewayOutcome {
  const { instance } = outcome.one;
  if (outcome.state === 'left') return { instance, outcome: 'left' };
  const result = outcome.state === 'failed' ? outcome.problem : outcome.result;
  if (result instanceof BeamError) return { instance, outcome: 'failed', problem: result.toJSON() };
  const { delivered, expiresAt, problem } = result;
  if (delivered) return { instance, outcome: 'authorized', expiresAt };
  return { instance, outcome: 'undelivered', expiresAt, ...(problem === undefined ? {} : { problem }) };
}
