/** `runbeam changes:*`: what gateways are to change, and what is said of it. */
import { agreed } from '../agreed.ts';
import { BeamError } from '../../errors.ts';
import type { AcknowledgedChanges } from '../../runbeam/cloud/changes.ts';
import type { CloudClient } from '../../runbeam/cloud/client.ts';
import type { Change } from '../../runbeam/cloud/resources.ts';
import type { CallOptions } from '../../runbeam/cloud/transport.ts';
import { listInstances } from '../../store/instances/instances.ts';
import { counted, printable, shellWord, shortList } from '../../text.ts';
import type { Context } from '../context.ts';
import type { Left } from '../waiting.ts';
import { askCloud, type AskInput, type CloudContext } from './cloud.ts';
import { findResource, takePart, type Listed, type Part } from './collections.ts';

export interface ListChangesInput extends Part, AskInput {
  /** A registered instance by its label or id, or a gateway by its id, code or name. Absent: of all. */
  readonly gateway?: string | undefined;
}

/** The changes that wait. Throws as `askCloud`, `findResource`. */
export function listChanges(context: CloudContext, input: ListChangesInput): Promise<Listed<'changes', Change>> {
  const ask = async (client: CloudClient, options: CallOptions): Promise<Listed<'changes', Change>> => {
    const gatewayId = await gatewayIdOf(context, client, input.gateway, options);
    return { kind: 'changes', ...(await takePart(client.changes.list({ ...options, gatewayId }), () => true, input)) };
  };
  return askCloud(context, input, { what: 'changes', ask });
}

/** One change, with its configuration. Throws `not_found`, and as `askCloud`. */
export function getChange(context: CloudContext, input: AskInput & { readonly id: string }): Promise<Change> {
  const { id } = input;
  return askCloud(context, input, {
    what: `change ${id}`,
    ask: (client, options) => named(id, () => client.changes.get(id, options)),
  });
}

export interface AcknowledgeInput extends AskInput {
  /** Exactly these. */
  readonly ids: readonly string[];
  /** All that wait for this gateway, where no ids are given. */
  readonly gateway?: string | undefined;
  /** Do so without asking. */
  readonly yes: boolean;
}

/**
 * Says that changes were received: the gateway will not be told of them again. Those of a whole gateway only after a yes.
 * Throws `usage` where there is nobody to ask, and after a no; `not_found` where nothing waits, and as `askCloud`.
 */
export async function acknowledgeChanges(
  context: CloudContext & Pick<Context, 'confirm'>,
  input: AcknowledgeInput,
): Promise<AcknowledgedChanges> {
  const { ids: given, gateway, yes } = input;
  const ids = given.length > 0 ? [...new Set(given)] : await waitingFor(context, input);
  if (given.length === 0 && !yes) await confirmAll(context, ids, gateway ?? '');
  const ask = (client: CloudClient, options: CallOptions): Promise<AcknowledgedChanges> =>
    client.changes.acknowledge(ids, options);
  return askCloud(context, input, {
    what: `the acknowledgement of ${ids.length} changes`,
    left: () => unknownOutcome(gateway),
    ask,
  });
}

async function waitingFor(context: CloudContext, { gateway, config }: AcknowledgeInput): Promise<string[]> {
  if (gateway === undefined) {
    throw new BeamError('usage', 'Say which changes: their ids, or --gateway for all of one', {
      hint: { command: 'runbeam changes:list' },
    });
  }
  const { items } = await listChanges(context, { config, gateway, limit: 1, page: 1, all: true });
  if (items.length > 0) return items.map(({ id }) => id);
  throw new BeamError('not_found', `No change waits for ${printable(gateway, 80)}`, {
    hint: { command: 'runbeam changes:list' },
  });
}

async function confirmAll(context: Pick<Context, 'confirm'>, ids: readonly string[], gateway: string): Promise<void> {
  const which = `${counted(ids.length, 'change')} of ${printable(gateway, 80)}`;
  await agreed(context, `Acknowledge ${which} (${shortList(ids.map((id) => printable(id, 40)))})?`, {
    nobody: `There is nobody to ask about ${which}`,
    no: 'Nothing was acknowledged',
    command: `runbeam changes:ack --gateway ${shellWord(gateway)} -y`,
  });
}

/** What became of a change at its gateway. */
export interface ChangeOutcome {
  readonly id: string;
  readonly status: 'applied' | 'failed';
}

export interface EndChangeInput extends ChangeOutcome, AskInput {
  /** Why it failed. */
  readonly error?: string | undefined;
  readonly details?: readonly string[] | undefined;
}

/** Says what became of a change. It is a gateway that knows. Throws `not_found`, and as `askCloud`. */
export async function endChange(context: CloudContext, input: EndChangeInput): Promise<ChangeOutcome> {
  const { id, status, error = '', details } = input;
  const why = details === undefined || details.length === 0 ? { error } : { error, details };
  const ask = (client: CloudClient, options: CallOptions): Promise<void> =>
    named(id, () => (status === 'applied' ? client.changes.applied(id, options) : client.changes.failed(id, why, options)));
  const left = (): Left => ({
    message: `whether ${printable(id, 80)} counts as ${status} is not known`,
    hint: { command: `runbeam changes:get ${shellWord(id)}` },
  });
  await askCloud(context, input, { what: `change ${id}`, workOf: 'gateway', left, ask });
  return { id, status };
}

function unknownOutcome(gateway: string | undefined): Left {
  const of = gateway === undefined ? '' : ` ${shellWord(gateway)}`;
  return { message: 'whether they were acknowledged is not known', hint: { command: `runbeam changes:list${of}` } };
}

async function named<T>(id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BeamError) || error.code !== 'not_found') throw error;
    throw new BeamError('not_found', `There is no change ${printable(id, 80)}`, {
      hint: { command: 'runbeam changes:list' },
      cause: error,
    });
  }
}

/** Of a registered instance its gateway's, else whatever the cloud calls so. A gateway's own token may not look it up. */
async function gatewayIdOf(
  { homes }: Pick<Context, 'homes'>,
  client: CloudClient,
  name: string | undefined,
  options: CallOptions,
): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const here = listInstances(homes).find(({ id, label }) => label === name || id === name)?.gatewayId;
  if (here !== undefined) return here;
  try {
    return (await findResource(client, 'gateways', name, options)).id;
  } catch (error) {
    if (error instanceof BeamError && error.code === 'forbidden') return name;
    throw error;
  }
}
