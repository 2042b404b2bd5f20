/** Asks gateways what they are: one that is being added, or many at once. Nothing is changed at them. */
import { BeamError } from '../../../errors.ts';
import { inTurns } from '../../../in-turns.ts';
import type { HarmonyApi } from '../../../runbeam/harmony-api.ts';
import type { HarmonyInfo } from '../../../runbeam/harmony-answers.ts';
import { openHarmony } from '../../../runbeam/harmony.ts';
import { noteSeen, type Seen } from '../../../store/instances/instance-settings.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { rfc3339 } from '../../../clock.ts';
import type { Context } from '../../context.ts';
import { nothingChanged, type Left } from '../../waiting.ts';
import { gatewayTitle } from './gateway.ts';

export type CheckContext = Pick<Context, 'homes' | 'clock' | 'http' | 'signal' | 'waiting'>;

/** What a gateway turned out to be. */
export interface Found extends HarmonyApi {
  /** Where its API is. */
  readonly pathPrefix: string;
}

/** Where the API may be when nobody said: as most have it, behind a prefix of a proxy, and without any. */
const PREFIXES = ['admin', 'api/admin', 'api', ''];

/**
 * Which API the gateway has, and under which prefix: that of the instance if it was `given`, else the first of the usual ones
 * that is there. The problem is returned: who adds a gateway adds it in any case.
 */
export async function findGateway(
  context: CheckContext,
  instance: Instance,
  { given }: { readonly given: boolean },
): Promise<Found | BeamError> {
  const left = (): Left => ({ message: 'it is registered, and was not looked at' });
  const prefixes = given ? [instance.pathPrefix] : [...new Set([instance.pathPrefix, ...PREFIXES])];
  return context.waiting({ line: `Waiting for ${gatewayTitle(instance)}`, left }, async () => {
    let first: BeamError | undefined;
    for (const pathPrefix of prefixes) {
      const found = await caught(async () => openHarmony(context, { ...instance, pathPrefix }).api());
      if (!(found instanceof BeamError)) {
        await noteSeen(context, new Map([[instance.id, seenNow(context, found.version)]]));
        return { ...found, pathPrefix };
      }
      first ??= found;
      // Where something answers, it may be there under another prefix.
      if (found.code !== 'not_found' && found.code !== 'bad_answer') return first;
    }
    return first ?? new BeamError('not_found', 'There is no prefix to ask for');
  });
}

/** One gateway of several that were asked. */
export interface Checked {
  readonly instance: Instance;
  readonly info?: HarmonyInfo;
  /** Why it did not answer as it should. */
  readonly problem?: BeamError;
}

/** How many are asked at once. */
const AT_ONCE = 16;

/** Asks all of them for `/info`, in the order given. Throws `interrupted` alone: a gateway that fails stops no other. */
export async function checkGateways(context: CheckContext, instances: readonly Instance[]): Promise<Checked[]> {
  const total = instances.length;
  const [only] = instances;
  const line = total === 1 && only !== undefined ? `Waiting for ${gatewayTitle(only)}` : `Asking ${total} gateways`;
  const checked = await context.waiting({ line, left: nothingChanged }, async (say) => {
    let done = 0;
    return inTurns(instances, AT_ONCE, async (instance) => {
      const answer = await caught(async () => openHarmony(context, instance).info());
      done += 1;
      if (total > 1) say(`Asking ${total} gateways (${done}/${total})`);
      return answer instanceof BeamError ? { instance, problem: answer } : { instance, info: answer };
    });
  });
  const seen = checked.flatMap(({ instance, info }): [string, Seen][] =>
    info === undefined ? [] : [[instance.id, seenNow(context, info.version)]],
  );
  await noteSeen(context, new Map(seen));
  return checked;
}

/** What went wrong is given back; Ctrl-C is thrown. */
async function caught<T>(work: () => Promise<T>): Promise<T | BeamError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BeamError && error.code !== 'interrupted') return error;
    throw error;
  }
}

/** What is noted of a gateway that answers now. */
function seenNow({ clock }: Pick<Context, 'clock'>, version: string): Seen {
  return { at: rfc3339(clock.now() / 1000), version };
}
