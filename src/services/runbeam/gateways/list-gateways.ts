/** The registered gateways, as the disk has them or with what they answer. */
import { BeamError, EXIT_CODES } from '../../../errors.ts';
import { instanceFolders } from '../../../store/instances/instance-files.ts';
import { listInstances, type Instance } from '../../../store/instances/instances.ts';
import { knownExpiries } from '../../../store/instances/token-ledger.ts';
import type { CheckContext, Checked } from './gateway-check.ts';
import { knownGateway, type KnownGateway } from './known-gateway.ts';
import { selectInstance, type SelectContext, type Selector } from './select-instance.ts';

/** With what a gateway said, if it was asked. */
export interface GatewayStatus extends KnownGateway {
  readonly check?: Omit<Checked, 'instance'>;
}

export interface Gateways {
  readonly gateways: readonly GatewayStatus[];
  /** Of a command that shows them: 0, else that of the first one that was asked and did not answer as it should. */
  readonly exitCode: number;
}

/** All of them, in the order they were added; with `check` they are asked. Throws as `listInstances` and `checkGateways`. */
export async function listGateways(context: StatusContext, { check }: { readonly check: boolean }): Promise<Gateways> {
  const { homes } = context;
  const instances = listInstances(homes);
  if (check) return askAll(context, instances);
  const folders = instanceFolders(homes);
  const ends = knownExpiries(homes);
  const gateways = instances.map((instance) => knownGateway(homes, instance, { hasFolder: folders.has(instance.id), ends }));
  return { gateways, exitCode: 0 };
}

export interface StatusInput extends Selector {
  /** Every instance there is. */
  readonly all: boolean;
}

type StatusContext = CheckContext & SelectContext;

/** Asks the gateway that is meant, or all. Throws `usage` for both at once, and as `selectInstance` and `checkGateways`. */
export async function gatewayStatus(context: StatusContext, { all, ...selector }: StatusInput): Promise<Gateways> {
  if (all && selector.name !== undefined) {
    throw new BeamError('usage', 'All gateways are asked for, and one', { hint: { text: 'Give NAME or --all' } });
  }
  return askAll(context, all ? listInstances(context.homes) : [await selectInstance(context, selector, { reads: true })]);
}

async function askAll(context: CheckContext, instances: readonly Instance[]): Promise<Gateways> {
  // Loaded here: the list alone speaks to nobody.
  const { checkGateways } = await import('./gateway-check.ts');
  const checked = await checkGateways(context, instances);
  const ends = knownExpiries(context.homes);
  const gateways = checked.map(({ instance, ...check }) => ({ ...knownGateway(context.homes, instance, { ends }), check }));
  const problem = checked.find((each) => each.problem !== undefined)?.problem;
  return { gateways, exitCode: problem === undefined ? 0 : EXIT_CODES[problem.code] };
}
