/**
 * `runbeam harmony:authorize --all|--match|--resume`: many gateways in one run. The work is done in this process, with tokens of
 * whoever acts: a thousand jobs would keep an agent busy that others need, too.
 */
import { BeamError, isTransient } from '../../../errors.ts';
import { authorizeInstance, type AuthorizeDeps } from '../../../runbeam/authorize.ts';
import type { AuthorizeResult } from '../../../runbeam/authorization.ts';
import { openHarmony } from '../../../runbeam/harmony.ts';
import { removeFleetRun, withFleetLock, type FleetRun } from '../../../store/instances/fleet-run.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { hasPendingToken } from '../../../store/instances/machine-token.ts';
import { printable } from '../../../text.ts';
import type { Context } from '../../context.ts';
import { actingFor, type Acting, type ActingContext, type ActingInput } from '../acting.ts';
import { refusal } from '../given-token.ts';
import { runFleet, type Attempt, type FleetEnd, type Outcome } from './engine.ts';
import { tokenForRun } from './fleet-token.ts';
import { Gate } from './gate.ts';
import { beginRun, perhapsIssued, unfinishedRun } from './run-record.ts';
import { selectFleet, type FleetSelector } from './select-fleet.ts';

export interface FleetInput extends FleetSelector, Pick<ActingInput, 'config'> {
  /** Go on with the run that was not finished. */
  readonly resume: boolean;
  readonly via: 'cloud' | 'harmony';
  /** Only bring the tokens that are kept; ask the cloud for nothing. */
  readonly retry: boolean;
  /** How many at a time. */
  readonly concurrency: number;
  readonly yes: boolean;
  /** Questions may be put. */
  readonly ask: boolean;
}

/** What came of one gateway. `problem`: why it has no token, or not the one that is kept for it. */
export interface GatewayOutcome {
  readonly instance: Instance;
  readonly outcome: 'authorized' | 'undelivered' | 'failed' | 'left';
  /** RFC 3339. */
  readonly expiresAt?: string;
  readonly problem?: ReturnType<BeamError['toJSON']> | AuthorizeResult['problem'];
}

export interface FleetReport {
  /** The cloud, as it is called. */
  readonly cloud: string;
  readonly gateways: readonly GatewayOutcome[];
  /** By id of the instance: how often the cloud was asked in this run and its answer was lost. */
  readonly perhapsIssued: ReadonlyMap<string, number>;
  /** Why the run ended before it was through: the same would have come of all the others. */
  readonly stopped?: BeamError;
  /** Ctrl-C. */
  readonly interrupted: boolean;
  /** It can be gone on with. */
  readonly resumable: boolean;
}

/** Told what happens while it happens. */
export interface FleetWatcher {
  /** A gateway is done with, the first or a later one of `total`. */
  gateway(outcome: GatewayOutcome, done: number, total: number): void;
  /** The cloud is asked nothing for so many seconds: it said so. */
  waits(seconds: number): void;
  /** Ctrl-C has come: nothing more is begun, and what is under way comes to its end. */
  stops(): void;
}

type FleetContext = ActingContext & Pick<Context, 'confirm' | 'waiting'>;

/**
 * Authorizes many gateways. One that has a kept token gets that one. What happens to one is in its outcome; what would happen to
 * all ends the run. Throws as `selectFleet`, `actingFor` and `CloudClient.baseUrl`; `not_found` where there is nothing to go
 * on with or to deliver, `busy` while another run is under way, `usage` after a no.
 */
export async function authorizeFleet(context: FleetContext, input: FleetInput, watcher: FleetWatcher): Promise<FleetReport> {
  return withFleetLock(context, async () => {
    const plan = planOf(context, input);
    const acting = await actingFor(context, { config: input.config, workOf: 'user' });
    const via = plan.run?.via ?? input.via;
    checkCloud(plan.run, acting);
    await agreed(context, input, { count: plan.instances.length, via, cloud: acting.server.name });
    const run = plan.run ?? beginRun(context, { cloud: acting.server.name, via }, plan.instances);
    const end = await runAll(context, { ...input, via }, { acting, instances: plan.instances, watcher });
    const { interrupted, outcomes, stopped } = end;
    const gateways = outcomes.map(told);
    const resumable = gateways.some(({ outcome }) => outcome !== 'authorized');
    if (!resumable) removeFleetRun(context.homes);
    const lost = perhapsIssued(context.homes, run);
    const report = { cloud: acting.server.name, gateways, perhapsIssued: lost, interrupted, resumable };
    return stopped === undefined ? report : { ...report, stopped };
  });
}

interface Plan {
  /** One that is gone on with. */
  readonly run?: FleetRun;
  readonly instances: readonly Instance[];
}

function planOf({ homes }: Pick<Context, 'homes'>, input: FleetInput): Plan {
  if (input.resume) {
    const { run, left } = unfinishedRun(homes);
    return { run, instances: left };
  }
  const instances = selectFleet({ homes }, input);
  if (!input.retry) return { instances };
  const kept = instances.filter(({ id }) => hasPendingToken(homes, id));
  if (kept.length > 0) return { instances: kept };
  throw new BeamError('not_found', 'No undelivered machine token is kept for these gateways', {
    hint: { command: 'runbeam harmony:tokens' },
  });
}

/** Half of a fleet is not to be of one cloud and half of another. */
function checkCloud(run: FleetRun | undefined, { server }: Acting): void {
  if (run === undefined || run.cloud === server.name) return;
  throw new BeamError('usage', `The run that is to go on was with ${printable(run.cloud)}, and this would be ${server.name}`, {
    hint: { command: 'runbeam config:get api-url' },
  });
}

const gatewayCount = (count: number): string => (count === 1 ? '1 gateway' : `${count} gateways`);

interface Question {
  readonly count: number;
  readonly via: FleetInput['via'];
  readonly cloud: string;
}

/** The user's session goes to gateways only if the user says so; the rest is asked where somebody is there to answer. */
async function agreed({ confirm }: FleetContext, { yes, ask }: FleetInput, { count, via, cloud }: Question): Promise<void> {
  if (yes || count === 0) return;
  const many = gatewayCount(count);
  const question =
    via === 'harmony' ? `Hand your session to ${many}, each of which asks ${cloud} itself?` : `Authorize ${many} with ${cloud}?`;
  const answer = ask ? await confirm(question) : undefined;
  if (answer === true || (answer === undefined && via === 'cloud')) return;
  const message = answer === false ? 'Nothing was done' : `Your session would be handed to ${many}, and nobody is there to agree`;
  throw new BeamError('usage', message, { hint: { text: 'Give -y to do it without being asked' } });
}

interface Work {
  readonly acting: Acting;
  readonly instances: readonly Instance[];
  readonly watcher: FleetWatcher;
}

type End = FleetEnd<Instance, AuthorizeResult | BeamError> & { readonly interrupted: boolean };

async function runAll(context: FleetContext, input: FleetInput, { acting, instances, watcher }: Work): Promise<End> {
  const total = instances.length;
  if (total === 0) return { outcomes: [], interrupted: false };
  const { clock } = context;
  const stop = new AbortController();
  // All that are under way listen to it.
  process.getBuiltinModule('node:events').setMaxListeners(0, stop.signal);
  const gate = new Gate({ clock, random: Math.random, signal: stop.signal });
  const onStop = (): void => {
    stop.abort();
    watcher.stops();
  };
  const line = `Authorizing ${gatewayCount(total)} with ${acting.server.name}`;
  return context.waiting({ line, left: leftOf, stop: onStop }, async (say) => {
    const deps = await authorizeDeps(context, acting, gate);
    let [done, failed] = [0, 0];
    const end = await runFleet<Instance, AuthorizeResult | BeamError>(instances, {
      clock,
      random: Math.random,
      gate,
      concurrency: input.concurrency,
      stop: stop.signal,
      work: (instance) => authorizeOne(context, deps, input, instance),
      onOutcome: (outcome) => {
        const gateway = told(outcome);
        done += 1;
        if (gateway.outcome !== 'authorized') failed += 1;
        watcher.gateway(gateway, done, total);
        const trouble = failed === 0 ? '' : `, ${failed} not`;
        say(`${stop.signal.aborted ? 'Ending what is under way' : line} (${done}/${total}${trouble})`);
      },
      onWait: (seconds) => watcher.waits(seconds),
    });
    return { ...end, interrupted: stop.signal.aborted };
  });
}

/** After a second Ctrl-C: nothing is waited for any more. */
const leftOf = (): { message: string; hint: { command: string } } => ({
  message: 'what was under way may have been issued, and is in the ledger',
  hint: { command: 'runbeam harmony:authorize --resume' },
});

async function authorizeDeps(context: FleetContext, acting: Acting, gate: Gate): Promise<AuthorizeDeps> {
  const { homes, env, clock, http: gatewayHttp } = context;
  const { http, apiUrl, given } = acting;
  const token = tokenForRun(acting, clock);
  return {
    homes,
    env,
    http,
    gatewayHttp,
    clock,
    apiUrl,
    baseUrl: await (await acting.cloud()).baseUrl(),
    rejected: given === undefined ? undefined : () => refusal(given),
    accessToken: async () => {
      // The last moment before the cloud is asked, and before the ledger says that it is.
      await gate.pass();
      return token();
    },
  };
}

async function authorizeOne(
  context: FleetContext,
  deps: AuthorizeDeps,
  { via, retry: onlyKept }: FleetInput,
  instance: Instance,
): Promise<Attempt<AuthorizeResult | BeamError>> {
  const request = { instance, via };
  if (hasPendingToken(context.homes, instance.id)) {
    const delivered = await ofGateway(() => authorizeInstance(deps, { ...request, via: 'cloud', retry: true }));
    const isExpired = delivered.result instanceof BeamError && delivered.result.code === 'expired_token';
    if (!isExpired || onlyKept) return delivered;
  }
  if (via === 'harmony') return ofGateway(() => authorizeInstance(deps, { ...request, retry: false }));
  // Looked at first: a token that nobody takes would live for 30 days.
  const trouble = await ofGateway(() => takesTokens(context, instance));
  if (trouble.result instanceof BeamError) return { ...trouble, result: trouble.result };
  const result = await authorizeInstance(deps, { ...request, retry: false });
  return { result, again: !result.delivered };
}

async function takesTokens(context: FleetContext, instance: Instance): Promise<undefined> {
  const { version, takesTokens } = await openHarmony(context, instance).api();
  if (takesTokens) return undefined;
  const which = version === undefined ? 'Harmony' : `Harmony ${printable(version, 40)}`;
  throw new BeamError(
    'forbidden',
    `${which} takes no machine token; it can only be handed your session and ask the cloud itself`,
    {
      hint: { command: `runbeam harmony:authorize --id ${instance.id} --via harmony` },
    },
  );
}

/** Trouble of one gateway is its own result; the user's session and Ctrl-C are everybody's. */
async function ofGateway<R extends AuthorizeResult | undefined>(work: () => Promise<R>): Promise<Attempt<R | BeamError>> {
  try {
    const result = await work();
    return { result, again: result?.delivered === false };
  } catch (error) {
    if (!(error instanceof BeamError) || SHARED.has(error.code) || error.status === 429) throw error;
    return { result: error, again: isTransient(error.code) };
  }
}

const SHARED: ReadonlySet<string> = new Set([
  'login_required',
  'session_ended',
  'locked',
  'wrong_passphrase',
  'interrupted',
  'storage_full',
]);

function told(outcome: Outcome<Instance, AuthorizeResult | BeamError>): GatewayOutcome {
  const { one: instance } = outcome;
  if (outcome.state === 'left') return { instance, outcome: 'left' };
  const result = outcome.state === 'failed' ? outcome.problem : outcome.result;
  if (result instanceof BeamError) return { instance, outcome: 'failed', problem: result.toJSON() };
  const { delivered, expiresAt, problem } = result;
  if (delivered) return { instance, outcome: 'authorized', expiresAt };
  return { instance, outcome: 'undelivered', expiresAt, ...(problem === undefined ? {} : { problem }) };
}
