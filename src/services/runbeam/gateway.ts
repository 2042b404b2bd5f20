/** The commands that ask one gateway's management API: info, pipelines, routes, reload, update. */
import { createHarmony, type Harmony } from '../../runbeam/harmony.ts';
import type { Instance } from '../../store/instances/instances.ts';
import type { Context } from '../context.ts';
import { selectInstance, type SelectContext, type Selector } from './select-instance.ts';

/** An answer, with the instance it came from. */
export interface FromGateway<T> {
  readonly instance: Instance;
  readonly answer: T;
}

export interface GatewayQuestion<T> {
  readonly selector: Selector;
  /** The call changes nothing at the gateway. */
  readonly reads: boolean;
  /** Which call of the gateway is made. */
  readonly ask: (gateway: Pick<Harmony, 'info' | 'pipelines' | 'routes' | 'reload' | 'update'>) => Promise<T>;
}

/** Asks the gateway that the selector means. Throws as `selectInstance` and `Harmony`. */
export async function askGateway<T>(
  context: SelectContext & Pick<Context, 'http' | 'signal'>,
  { selector, reads, ask }: GatewayQuestion<T>,
): Promise<FromGateway<T>> {
  const instance = await selectInstance(context, selector, { reads });
  return { instance, answer: await ask(createHarmony(instance, context.http(), context.signal)) };
}
