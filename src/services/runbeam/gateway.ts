/** The commands that ask one gateway's management API: info, pipelines, routes, reload, update. */
import { createHarmony, type Harmony } from '../../runbeam/harmony.ts';
import type { HarmonyInfo, HarmonyPipeline, HarmonyReload, HarmonyRoute, HarmonyUpdate } from '../../runbeam/harmony-answers.ts';
import type { Instance } from '../../store/instances/instances.ts';
import type { Context } from '../context.ts';
import { selectInstance, type Selector } from './instances.ts';

/** An answer, with the instance it came from. */
export interface FromGateway<T> {
  readonly instance: Instance;
  readonly answer: T;
}

type GatewayContext = Pick<Context, 'homes' | 'http' | 'signal'>;

export function gatewayInfo(context: GatewayContext, selector: Selector): Promise<FromGateway<HarmonyInfo>> {
  return ask(context, selector, (harmony) => harmony.info());
}

export function gatewayPipelines(context: GatewayContext, selector: Selector): Promise<FromGateway<readonly HarmonyPipeline[]>> {
  return ask(context, selector, (harmony) => harmony.pipelines());
}

export function gatewayRoutes(context: GatewayContext, selector: Selector): Promise<FromGateway<readonly HarmonyRoute[]>> {
  return ask(context, selector, (harmony) => harmony.routes());
}

/** Makes the gateway read its configuration again. */
export function reloadGateway(context: GatewayContext, selector: Selector): Promise<FromGateway<HarmonyReload>> {
  return ask(context, selector, (harmony) => harmony.reload());
}

/** Makes the gateway upload its configuration to Runbeam Cloud. */
export function updateGateway(context: GatewayContext, selector: Selector): Promise<FromGateway<HarmonyUpdate>> {
  return ask(context, selector, (harmony) => harmony.update());
}

// Throws what `selectInstance` and the `Harmony` calls throw.
async function ask<T>(
  context: GatewayContext,
  selector: Selector,
  call: (harmony: Harmony) => Promise<T>,
): Promise<FromGateway<T>> {
  const instance = selectInstance(context, selector);
  return { instance, answer: await call(createHarmony(instance, context.http(), context.signal)) };
}
