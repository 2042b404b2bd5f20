/** The registered Harmony instances: add, list, find, remove. */
import { BeamError } from '../../errors.ts';
import { harmonyOrigin, prefixPath } from '../../runbeam/harmony-address.ts';
import { setInstanceKey } from '../../store/instance-key.ts';
import { addInstance, instanceId, listInstances, removeInstance } from '../../store/instances.ts';
import { parseIdentity } from '../../store/secrets/keys.ts';
import type { Instance } from '../../store/types.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';

/** Which instance a command means: by label, by id, or by address. */
export interface Selector {
  readonly label?: string;
  readonly id?: string;
  readonly ip?: string;
  readonly port?: number;
}

export interface NewInstance {
  readonly ip: string;
  readonly port: number;
  readonly label?: string;
  readonly pathPrefix: string;
  /** An age identity in any shape CONTRACTS 4 lists; becomes the instance's key. */
  readonly key?: string;
}

type InstancesContext = Pick<Context, 'homes' | 'clock'>;

/** Registers an instance. Throws `usage` for a bad or taken label, id or address, `bad_key`, `insecure_transport`. */
export async function addNewInstance(context: InstancesContext, input: NewInstance): Promise<Instance> {
  const ip = input.ip.replace(/^\[(.*)\]$/, '$1');
  const { port } = input;
  checkAddress(ip, port, input.pathPrefix);
  const label = input.label ?? (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);
  checkLabel(label);
  // Before anything is written: a bad key must not leave a half registered instance.
  const identity = input.key === undefined ? undefined : parseIdentity(input.key);
  const instance = { id: instanceId(ip, port, label), ip, port, label, pathPrefix: input.pathPrefix };
  await addInstance(context.homes, instance, context.clock);
  if (identity !== undefined) await setInstanceKey(context.homes, instance.id, identity);
  return instance;
}

/** All registered instances, in the order they were added. */
export function allInstances(context: Pick<Context, 'homes'>): readonly Instance[] {
  return listInstances(context.homes);
}

/** The instance meant. Without a selector, the only one there is. Throws `not_found`, `usage` (none or several fit). */
export function selectInstance(context: Pick<Context, 'homes'>, selector: Selector): Instance {
  const all = listInstances(context.homes);
  const fitting = all.filter((instance) => fits(instance, selector));
  const [first, second] = fitting;
  if (first !== undefined && second === undefined) return first;
  if (all.length === 0) {
    throw new BeamError('not_found', 'No Harmony instance is registered', { hint: 'runbeam harmony:add -l LABEL' });
  }
  if (first === undefined) {
    throw new BeamError('not_found', `No Harmony instance has ${describe(selector)}; registered: ${labels(all)}`, {
      hint: 'runbeam harmony:list',
    });
  }
  throw new BeamError('usage', `Say which Harmony instance is meant: ${labels(fitting)}`, {
    hint: 'Name it with -l LABEL or --id ID',
  });
}

/** Takes an instance out of the list. Its folder, with key and tokens, stays. Throws as `selectInstance`. */
export async function removeOneInstance(context: InstancesContext, selector: Selector): Promise<Instance> {
  if (Object.values(selector).every((value) => value === undefined)) {
    throw new BeamError('usage', 'Say which Harmony instance to remove', { hint: 'runbeam harmony:remove -l LABEL' });
  }
  const instance = selectInstance(context, selector);
  await removeInstance(context.homes, instance.id, context.clock);
  return instance;
}

function fits(instance: Instance, { label, id, ip, port }: Selector): boolean {
  return (
    (label === undefined || instance.label === label) &&
    (id === undefined || instance.id === id) &&
    (ip === undefined || instance.ip === ip) &&
    (port === undefined || instance.port === port)
  );
}

function describe({ label, id, ip, port }: Selector): string {
  if (label !== undefined) return `the label ${printable(label, 60)}`;
  if (id !== undefined) return `the id ${printable(id, 60)}`;
  return `the address ${printable(ip ?? '', 60)}:${port ?? ''}`;
}

function labels(instances: readonly Instance[]): string {
  const shown = instances.slice(0, 10).map(({ label }) => printable(label, 60));
  return instances.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ');
}

function checkAddress(ip: string, port: number, pathPrefix: string): void {
  try {
    harmonyOrigin({ ip, port });
    prefixPath(pathPrefix);
  } catch (error) {
    // What is a bad file when it is read back is wrong usage when it is typed.
    if (!(error instanceof BeamError) || error.code !== 'bad_config') throw error;
    throw new BeamError('usage', error.message, { hint: 'runbeam harmony:add -i 127.0.0.1 -p 8081 -x admin -l LABEL' });
  }
}

function checkLabel(label: string): void {
  if (label.trim() !== '' && label === printable(label, 100)) return;
  throw new BeamError('usage', 'A label is 1 to 100 printable characters', {
    hint: 'runbeam harmony:add -l LABEL',
  });
}
