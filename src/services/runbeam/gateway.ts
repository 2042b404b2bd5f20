/** The commands that ask one gateway's management API: info, pipelines, routes, reload, update. */
import { createHarmony, type Harmony } from '../../runbeam/harmony.ts';
import type { Instance } from '../../store/instances/instances.ts';
import type { Context } from '../context.ts';
import { printable } from '../../text.ts';
import { nothingChanged, type Left } from '../waiting.ts';
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
  context: SelectContext & Pick<Context, 'http' | 'signal' | 'waiting'>,
  { selector, ask, changes }: GatewayQuestion<T>,
): Promise<FromGateway<T>> {
  const instance = await selectInstance(context, selector, { reads: changes === undefined });
  const left = changes === undefined ? nothingChanged : unanswered(instance);
  const answer = await context.waiting({ line: `Waiting for ${gatewayTitle(instance)}`, left }, () =>
    ask(createHarmony(instance, context.http(), context.signal)),
  );
  return { instance, answer };
}
