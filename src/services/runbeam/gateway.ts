/** The commands that ask one gateway's management API: info, pipelines, routes, reload, update. */
import { createHarmony, type Harmony } from '../../runbeam/harmony.ts';
import type { Instance } from '../../store/instances/instances.ts';
import type { Context } from '../context.ts';
import { selectInstance, type Selector } from './instances.ts';

/** An answer, with the instance it came from. */
export interface FromGateway<T> {
  readonly instance: Instance;
  readonly answer: T;
}

export interface GatewayQuestion<T> {
  readonly selector: Selector;
  /** Which call of the gateway is made. */
  readonly ask: (gateway: Pick<Harmony, 'info' | 'pipelines' | 'routes' | 'reload' | 'update'>) => Promise<T>;
}

/** Asks the gateway that the selector means. Throws as `selectInstance` and `Harmony`. */
export async function askGateway<T>(
  context: Pick<Context, 'homes' | 'http' | 'signal'>,
  { selector, ask }: GatewayQuestion<T>,
): Promise<FromGateway<T>> {
  const instance = selectInstance(context, selector);
  return { instance, answer: await ask(createHarmony(instance, context.http(), context.signal)) };
}
