/** The commands that ask one gateway's management API: info, pipelines, routes, reload, update. */
import { rfc3339 } from '../../../clock.ts';
import { BeamError } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import type { HarmonyInfo, HarmonyUpdate } from '../../../runbeam/harmony-answers.ts';
import { findInstanceKey } from '../../../store/instances/instance-key.ts';
import { noteSeen } from '../../../store/instances/instance-settings.ts';
import { loadMachineToken } from '../../../store/instances/machine-token.ts';
import { knownGateway, type KnownGateway } from './known-gateway.ts';
import { openHarmony, type Harmony } from '../../../runbeam/harmony.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import type { Context } from '../../context.ts';
import { printable } from '../../../text.ts';
import { nothingChanged, type Left } from '../../waiting.ts';
import { selectInstance, type SelectContext, type Selector } from './select-instance.ts';

/** A gateway in a sentence: its label, and where it is if the label does not tell. */
export function gatewayTitle({ label, ip, port }: Pick<Instance, 'label' | 'ip' | 'port'>): string {
  const place = `${ip}:${String(port)}`;
  return label === place ? place : `${printable(label, 80)} at ${place}`;
}

const unanswered = (instance: Instance) => (): Left => ({
  message: `${printable(instance.label, 80)} was asked and had not answered, so whether it did it is not known`,
  hint: { command: `runbeam harmony:info --id ${instance.id}` },
});

/** An answer, with the instance it came from. */
export interface FromGateway<T> {
  readonly instance: Instance;
  readonly answer: T;
}

export interface GatewayQuestion<T> {
  readonly selector: Selector;
  /** The call changes the gateway: whether it did is not known when nobody waited for the answer. */
  readonly changes?: true;
  /** Which call of the gateway is made. */
  readonly ask: (gateway: Pick<Harmony, 'info' | 'pipelines' | 'routes' | 'reload' | 'update'>) => Promise<T>;
}

/** Asks the gateway that the selector means. Throws as `selectInstance` and `Harmony`. */
export async function askGateway<T>(
  context: SelectContext & Pick<Context, 'http' | 'signal' | 'waiting' | 'warn'>,
  { selector, ask, changes }: GatewayQuestion<T>,
): Promise<FromGateway<T>> {
  const instance = await selectInstance(context, selector, { reads: changes === undefined });
  const left = changes === undefined ? nothingChanged : unanswered(instance);
  const answer = await context.waiting({ line: `Waiting for ${gatewayTitle(instance)}`, left }, () =>
    ask(openHarmony(context, instance)),
  );
  return { instance, answer };
}

/** What a gateway says of itself, and what is kept here for it. */
export interface GatewayInfo extends FromGateway<HarmonyInfo> {
  readonly known: KnownGateway;
}

type AskContext = SelectContext & Pick<Context, 'http' | 'signal' | 'waiting' | 'warn' | 'clock' | 'env'>;

/** As `askGateway`, with when its machine token ends: opened for that, where another program stored it. */
export async function gatewayInfo(context: AskContext, selector: Selector): Promise<GatewayInfo> {
  const found = await askGateway(context, { selector, ask: (gateway) => gateway.info() });
  const { instance, answer } = found;
  const { homes, clock } = context;
  await noteSeen(context, new Map([[instance.id, { at: rfc3339(clock.now() / 1000), version: answer.version }]]));
  const known = knownGateway(homes, instance);
  if (known.token !== 'stored' || known.authorizedUntil !== undefined) return { ...found, known };
  const authorizedUntil = await openedExpiry(context, instance);
  return { ...found, known: omitUndefined({ ...known, authorizedUntil }) };
}

/** Undefined for a token that this key does not open. */
async function openedExpiry(context: AskContext, { id }: Instance): Promise<string | undefined> {
  try {
    const key = await findInstanceKey(context, id, context.env);
    return key && (await loadMachineToken(context.homes, id, key))?.expiresAt;
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return undefined;
  }
}

/** Has a gateway upload its configuration. Throws `not_found` for one that is too old for it, and as `askGateway`. */
export async function uploadConfiguration(context: AskContext, selector: Selector): Promise<FromGateway<HarmonyUpdate>> {
  return askGateway(context, {
    selector,
    changes: true,
    ask: async (gateway) => {
      try {
        return await gateway.update();
      } catch (error) {
        throw error instanceof BeamError && error.code === 'not_found' ? await tooOld(gateway, error) : error;
      }
    },
  });
}

/** No `/update` where `/info` is: it is the version, and not the prefix. */
async function tooOld(gateway: Pick<Harmony, 'info'>, error: BeamError): Promise<BeamError> {
  try {
    const { version } = await gateway.info();
    return new BeamError('not_found', `This gateway is Harmony ${printable(version, 40)}, which uploads no configuration`, {
      hint: { text: 'Harmony 0.12 does. Of an older one the configuration stays on its own machine' },
    });
  } catch (other) {
    if (!(other instanceof BeamError) || other.code === 'interrupted') throw other;
    return error;
  }
}
