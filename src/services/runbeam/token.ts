/** `runbeam token:get`: a machine token for a gateway, for `RUNBEAM_MACHINE_TOKEN`. */
import { BeamError } from '../../errors.ts';
import { likely } from '../../nearest.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { findInstanceKey } from '../../store/instances/instance-key.ts';
import { listInstances, type Instance } from '../../store/instances/instances.ts';
import { loadMachineToken, type MachineToken } from '../../store/instances/machine-token.ts';
import { printable, shellWord, shortList } from '../../text.ts';
import type { Context } from '../context.ts';
import type { Left } from '../waiting.ts';
import { LOST } from './interrupted.ts';
import { actingFor, type ActingContext, type ActingInput } from './acting.ts';

type TokenContext = ActingContext & Pick<Context, 'waiting'>;

export interface TokenInput extends Pick<ActingInput, 'config'> {
  /** An instance's id or label, its gateway's id or code; with `fresh` any gateway code. */
  readonly gateway: string;
  /** Ask the cloud for a new token, also for a code that no instance here has. */
  readonly fresh: boolean;
}

export interface FoundToken {
  readonly token: MachineToken;
  /** The registered instance it belongs to, if it is one of ours. */
  readonly instance?: Instance;
  /** `stored`: from an earlier authorization; `issued`: just now, by Runbeam Cloud. */
  readonly source: 'stored' | 'issued';
  /** False: it is nowhere else, and lost if it is not printed. */
  readonly kept: boolean;
}

/** An instance that is meant, and the token that is stored for it. */
interface Meant {
  readonly instance: Instance;
  readonly token: MachineToken | undefined;
}

/** A stored token must live at least this long to be handed out, milliseconds. */
const MARGIN = 60_000;

/**
 * The stored, unexpired machine token of the instance that `gateway` means, else a new one, which is stored with the instance.
 * Throws `not_found` for a name of none, for which nothing is issued without `fresh`, and as `actingFor` and
 * `Agent.machineToken`.
 */
export async function machineToken(context: TokenContext, input: TokenInput): Promise<FoundToken> {
  const { gateway: code, fresh } = input;
  if (code.trim() === '' || code !== printable(code)) {
    throw new BeamError('usage', 'A gateway code is 1 to 200 printable characters', {
      hint: { command: 'runbeam harmony:list' },
    });
  }
  const meant = await findMeant(context, code);
  if (!fresh && meant !== undefined && isUsable(context, meant.token)) {
    return { token: meant.token, instance: meant.instance, source: 'stored', kept: true };
  }
  if (!fresh && meant === undefined) await refuseUnknown(context, input);
  return issueToken(context, input, meant?.instance);
}

async function issueToken(context: TokenContext, input: TokenInput, instance: Instance | undefined): Promise<FoundToken> {
  const { gateway: code, config } = input;
  const acting = await actingFor(context, { config, workOf: 'user' });
  const request = omitUndefined({ gatewayCode: instance?.id ?? code, instanceId: instance?.id });
  const wait = {
    line: `Asking ${acting.server.name} for a machine token of ${printable(code)}`,
    left: () => (acting.given === undefined ? afterIssue(code, instance) : asked(code)),
  };
  const { token, stored } = await context.waiting(wait, () => acting.withBroker((broker) => broker.machineToken(request)));
  if (!stored) context.warn('This machine token is stored nowhere here: what is printed now is the only copy');
  return omitUndefined({ token, instance, source: 'issued', kept: stored });
}

function asked(code: string): Left {
  return { message: `no machine token of ${printable(code)} has arrived`, hint: LOST };
}

/** Who was asked goes on: what is issued for an instance is stored with it, whoever waits. */
function afterIssue(code: string, instance: Instance | undefined): Left {
  if (instance === undefined) return { message: `a machine token of ${printable(code)} may have been issued, and is not kept` };
  return {
    message: `a machine token of ${printable(code)} may still be issued, and is stored then`,
    hint: { command: `runbeam token:get -g ${instance.id}` },
  };
}

function isNamed(instance: Instance, code: string): boolean {
  return instance.id === code || instance.label === code || instance.gatewayId === code;
}

function isUsable({ clock }: TokenContext, token: MachineToken | undefined): token is MachineToken {
  return token !== undefined && Date.parse(token.expiresAt) - clock.now() >= MARGIN;
}

async function findMeant(context: TokenContext, code: string): Promise<Meant | undefined> {
  const instances = listInstances(context.homes);
  const named = instances.filter((each) => isNamed(each, code));
  // An instance that is named outright goes before one whose stored token only mentions the code.
  const tokens = await Promise.all(named.map((instance) => readToken(context, instance)));
  const usable = tokens.findIndex((token) => isUsable(context, token));
  const first = named[Math.max(0, usable)];
  if (first !== undefined) return { instance: first, token: tokens[Math.max(0, usable)] };
  const mentions: Meant[] = [];
  for (const instance of instances) {
    const token = await readToken(context, instance);
    if (token?.gatewayCode === code || token?.gatewayId === code) mentions.push({ instance, token });
  }
  return mentions.find(({ token }) => isUsable(context, token)) ?? mentions[0];
}

/** A typo must not become a credential that lives for 30 days. Throws `not_found`; without any instance, as `actingFor`. */
async function refuseUnknown(context: TokenContext, { gateway: code, config }: TokenInput): Promise<never> {
  const instances = listInstances(context.homes);
  if (instances.length === 0) await actingFor(context, { config, workOf: 'user' });
  const names = instances.flatMap(({ id, label, gatewayId }) => [label, id, ...(gatewayId === undefined ? [] : [gatewayId])]);
  const guess = likely(code, names);
  const known = instances.map(({ id, label, gatewayId }) => printable([label, id, gatewayId].filter(Boolean).join(' '), 80));
  const said = instances.length === 0 ? 'no instance is registered' : `known here: ${shortList(known)}`;
  const meant = guess === undefined ? '' : `; did you mean ${printable(guess)}?`;
  const asked = `runbeam token:get -g ${shellWord(code)} --new`;
  throw new BeamError('not_found', `No gateway is known here as ${printable(code)}; ${said}${meant}`, {
    hint: {
      text:
        guess === undefined
          ? `For a code that is new here: ${asked}`
          : `For that one: runbeam token:get -g ${shellWord(guess)}; for a new code: ${asked}`,
    },
  });
}

/** Undefined when there is none, or none that this key opens: then a new one is asked for. */
async function readToken(context: TokenContext, instance: Instance): Promise<MachineToken | undefined> {
  try {
    // Looking for a token must not make a key.
    const key = await findInstanceKey(context, instance.id, context.env);
    return key && (await loadMachineToken(context.homes, instance.id, key));
  } catch (error) {
    if (!(error instanceof BeamError) || (error.code !== 'decrypt_failed' && error.code !== 'bad_file')) throw error;
    context.warn(`The stored machine token of ${printable(instance.label)} cannot be read: ${error.message}`, error.hint);
    return undefined;
  }
}
