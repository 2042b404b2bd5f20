/** Which Harmony instance a command is about: by label, by id, by address, or chosen on the terminal. */
import { BeamError } from '../../../errors.ts';
import { namesFrom } from '../../../matching.ts';
import { didYouMean } from '../../../nearest.ts';
import { findInstance, listInstances, type Instance } from '../../../store/instances/instances.ts';
import { printable, shortList } from '../../../text.ts';
import type { Context } from '../../context.ts';

/** Which instance a command means: by label, by id, or by address. */
export interface Selector {
  /** A label or an id, whichever one is there. */
  readonly name?: string | undefined;
  readonly label?: string | undefined;
  readonly id?: string | undefined;
  readonly ip?: string | undefined;
  readonly port?: number | undefined;
}

/** What a command does with the instance, and so how it has to be named. */
export interface Purpose {
  /** It only reads: the beginning of a label or an id is enough, where there is only one such. */
  readonly reads?: boolean;
  /** It destroys or replaces something, and so even the only instance has to be named: the command, for the hint. */
  readonly named?: string;
}

export type SelectContext = Pick<Context, 'homes' | 'choose'>;

/**
 * The instance meant. Without a selector the only one there is, or the one that is chosen on the terminal. Throws `not_found`,
 * and `usage` where none or several fit and nobody can be asked.
 */
export async function selectInstance(context: SelectContext, selector: Selector, purpose: Purpose = {}): Promise<Instance> {
  const all = listInstances(context.homes);
  if (all.length === 0) {
    throw new BeamError('not_found', 'No gateway is registered', { hint: { command: 'runbeam harmony:add -l LABEL' } });
  }
  const { name, label, id, ip, port } = selector;
  if (name !== undefined) return byName(all, selector, name, purpose);
  if (label !== undefined || id !== undefined)
    return findInstance(all, purpose.reads === true ? completed(all, selector) : selector);
  if (purpose.named !== undefined && ip === undefined && port === undefined) {
    return askInstance(context, all, { command: `runbeam ${purpose.named} -l LABEL` });
  }
  const [first, ...others] = all.filter((each) => (ip ?? each.ip) === each.ip && (port ?? each.port) === each.port);
  if (first === undefined) {
    throw new BeamError('not_found', `No gateway here has the address ${printable(ip ?? '')} port ${port ?? ''}`, {
      hint: { command: 'runbeam harmony:list' },
    });
  }
  return others.length === 0 ? first : askInstance(context, [first, ...others], { text: 'Name it with -l LABEL or --id ID' });
}

/** A label goes before an id, and what is spelled so before what only begins so. Throws `usage`, `not_found`. */
function byName(all: readonly Instance[], { label, id }: Selector, name: string, { reads }: Purpose): Instance {
  if (label !== undefined || id !== undefined) {
    throw new BeamError('usage', 'The instance is named twice', { hint: { text: 'Give NAME, or -l LABEL, or --id ID' } });
  }
  if (all.some((each) => each.label === name)) return findInstance(all, { label: name });
  if (all.some((each) => each.id === name)) return findInstance(all, { id: name });
  const names = all.flatMap((each) => [each.label, each.id]);
  const full = reads === true ? completeName(names, name) : name;
  if (full !== name) return byName(all, {}, full, {});
  throw new BeamError('not_found', `There is no gateway with the label or id ${printable(name)}${didYouMean(name, names)}`, {
    hint: { command: 'runbeam harmony:list' },
  });
}

async function askInstance(
  { choose }: SelectContext,
  among: readonly Instance[],
  hint: NonNullable<BeamError['hint']>,
): Promise<Instance> {
  const titles = among.map(({ label, ip, port, id }) => `${printable(label, 60)} (${printable(ip)}:${port}, ${printable(id)})`);
  const chosen = await choose('Which gateway?', titles);
  const instance = chosen === undefined ? undefined : among[chosen];
  if (instance === undefined) throw new BeamError('usage', `Say which gateway is meant: ${labels(among)}`, { hint });
  return instance;
}

/** What was begun, in full. Throws `usage` where several begin so. */
function completed(all: readonly Instance[], { label, id }: Selector): Pick<Selector, 'label' | 'id'> {
  return {
    label:
      label &&
      completeName(
        all.map((each) => each.label),
        label,
      ),
    id:
      id &&
      completeName(
        all.map((each) => each.id),
        id,
      ),
  };
}

function completeName(names: readonly string[], typed: string): string {
  const [first, ...others] = namesFrom([...new Set(names)], typed);
  if (first === undefined) return typed;
  if (others.length === 0) return first;
  const list = [first, ...others].map((name) => printable(name, 60));
  throw new BeamError('usage', `Several gateways begin with ${printable(typed)}: ${shortList(list)}`, {
    hint: { text: 'Name it with -l LABEL or --id ID' },
  });
}

function labels(instances: readonly Instance[]): string {
  return shortList(instances.map(({ label }) => printable(label, 60)));
}
