/** `runbeam gateways:list|get` and its like: what Runbeam Cloud keeps, in lists and one by one. */
import { BeamError } from '../../errors.ts';
import { fitsFilter, namesFrom } from '../../matching.ts';
import { didYouMean } from '../../nearest.ts';
import type { CloudClient } from '../../runbeam/cloud/client.ts';
import type { Collection } from '../../runbeam/cloud/collection.ts';
import type { Resource } from '../../runbeam/cloud/resources.ts';
import { printable, shellWord, shortList } from '../../text.ts';
import type { CallOptions } from '../../runbeam/cloud/transport.ts';
import { askCloud, type AskInput, type CloudContext } from './cloud.ts';

/** What there are lists of. */
export type ListedKind = 'gateways' | 'services' | 'endpoints' | 'backends' | 'pipelines';

/** What can be had one by one. Of transforms there is no list. */
export type ResourceKind = ListedKind | 'transforms';

/** Which part of a list is wanted. */
export interface Part {
  /** How many at most, 1 or more. */
  readonly limit: number;
  /** 1 is the first; each has `limit`. */
  readonly page: number;
  /** All of them, whatever `limit` says. */
  readonly all: boolean;
}

export interface ListInput extends Part, AskInput {
  readonly kind: ListedKind;
  /** Words that are somewhere in the name, the code or the id. */
  readonly filter?: string | undefined;
  /** Only what belongs to this gateway: its id, code or name. */
  readonly gateway?: string | undefined;
}

export interface Listed<K extends string = ListedKind, T extends Resource = Resource> {
  readonly kind: K;
  readonly items: readonly T[];
  /** There are more of them after these. */
  readonly more: boolean;
}

/** A part of a list. Pages of the cloud are asked for until there is enough. Throws as `askCloud`, `findResource`. */
export function listResources(context: CloudContext, input: ListInput): Promise<Listed> {
  const { kind, filter = '', gateway } = input;
  const ask = async (client: CloudClient, options: CallOptions): Promise<Listed> => {
    const of = gateway === undefined ? undefined : (await findResource(client, 'gateways', gateway, options)).id;
    const fits = (item: Resource): boolean =>
      (of === undefined || item['gateway_id'] === of) && fitsFilter(namesOf(item).join(' '), filter);
    return { kind, ...(await takePart(client[kind].list(options), fits, input)) };
  };
  return askCloud(context, input, { what: kind, ask });
}

/** What fits, from where the page begins to its end. Nothing is asked for after the first that is too many. */
export async function takePart<T>(
  all: AsyncIterable<T>,
  fits: (item: T) => boolean,
  { limit, page, all: whole }: Part,
): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = [];
  let before = whole ? 0 : (page - 1) * limit;
  for await (const item of all) {
    if (!fits(item)) continue;
    if (before > 0) before -= 1;
    else if (whole || items.length < limit) items.push(item);
    else return { items, more: true };
  }
  return { items, more: false };
}

export interface GetInput extends AskInput {
  readonly kind: ResourceKind;
  /** An id, a code, a name, or the beginning of one. */
  readonly name: string;
}

/** One of them. Throws as `askCloud`, `findResource`. */
export function getResource(context: CloudContext, input: GetInput): Promise<Resource> {
  const { kind, name } = input;
  const what = `${singular(kind)} ${name}`;
  return askCloud(context, input, { what, ask: (client, options) => findResource(client, kind, name, options) });
}

/**
 * The one that is meant: by its id, else by its code or name among all of them. Throws `not_found` with what may have been
 * meant, `usage` where several are called so, and what every call throws.
 */
export async function findResource(
  client: CloudClient,
  kind: ResourceKind,
  name: string,
  options: CallOptions,
): Promise<Resource> {
  try {
    return await client[kind].get(name, options);
  } catch (error) {
    if (!(error instanceof BeamError) || error.code !== 'not_found') throw error;
    if (kind === 'transforms') throw notFound(kind, name, []);
    return findByName(client[kind], { kind, name }, options);
  }
}

async function findByName(
  collection: Pick<Collection<Resource>, 'list'>,
  { kind, name }: Pick<GetInput, 'kind' | 'name'>,
  options: CallOptions,
): Promise<Resource> {
  const all: Resource[] = [];
  for await (const item of collection.list(options)) all.push(item);
  const names = [...new Set(all.flatMap(namesOf))];
  const meant = namesFrom(names, name);
  const fitting = all.filter((item) => namesOf(item).some((each) => meant.includes(each)));
  const [first, ...others] = fitting;
  if (first === undefined) throw notFound(kind, name, names);
  if (others.length === 0) return first;
  const ids = fitting.map((item) => `${printable(item.name ?? item.code ?? '', 40)} (${printable(item.id, 40)})`);
  throw new BeamError('usage', `Several ${kind} are called ${printable(name, 80)}: ${shortList(ids)}`, {
    hint: { command: `runbeam ${kind}:get ${shellWord(first.id)}` },
  });
}

function notFound(kind: ResourceKind, name: string, names: readonly string[]): BeamError {
  const message = `There is no ${singular(kind)} ${printable(name, 80)}${didYouMean(name, names)}`;
  if (kind === 'transforms') {
    return new BeamError('not_found', message, { hint: { text: 'A transform is known by its id; pipelines name theirs' } });
  }
  return new BeamError('not_found', message, { hint: { command: `runbeam ${kind}:list` } });
}

/** `gateway` of `gateways`. */
function singular(kind: string): string {
  return kind.slice(0, -1);
}

function namesOf({ id, code, name }: Resource): string[] {
  return [name, code, id].filter((each) => typeof each === 'string' && each !== '') as string[];
}
