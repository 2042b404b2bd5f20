/** Lists of Runbeam Cloud, page by page, and one of them. */
import * as v from 'valibot';
import { BeamError } from '../../errors.ts';
import type { SchemaOf } from './resources.ts';
import type { CallOptions, CloudTransport } from './transport.ts';

/** One kind of what the cloud keeps. */
export interface Collection<T> {
  /**
   * All of them, for `for await`. A page is asked for when its first is wanted, and whoever stops asks for no more. Throws,
   * while it is read, what every call throws.
   */
  list(options?: CallOptions): AsyncIterable<T>;
  /** The one with this id. Throws `not_found`, and what every call throws. */
  get(id: string, options?: CallOptions): Promise<T>;
}

const linksSchema = v.nullish(v.object({ next: v.nullish(v.string()) }));

/** Calls at `/<name>` and `/<name>/<id>`. */
export function createCollection<T>(transport: CloudTransport, name: string, schema: SchemaOf<T>): Collection<T> {
  return {
    list: (options = {}) => pages(transport, `/${name}`, schema, options),
    get: (id, options = {}) => one(transport, `/${name}/${idSegment(id)}`, schema, options),
  };
}

/** The `{data}` at a path. */
export async function one<T>(transport: CloudTransport, path: string, schema: SchemaOf<T>, options: CallOptions): Promise<T> {
  return (await transport.ask({ ...options, path }, v.object({ data: schema }), 'answer')).data;
}

/** Everything on a path, from the first page to the last. */
export async function* pages<T>(
  transport: CloudTransport,
  path: string,
  schema: SchemaOf<T>,
  options: CallOptions,
): AsyncGenerator<T, void, undefined> {
  const page = v.object({ data: v.array(schema), links: linksSchema });
  const asked = new Set<string>();
  for (let query: string | undefined = ''; query !== undefined;) {
    if (asked.has(query)) throw new BeamError('bad_answer', 'The pages of Runbeam Cloud lead in a circle');
    asked.add(query);
    const { data, links } = await transport.ask({ ...options, path: `${path}${query}` }, page, 'list');
    yield* data;
    query = queryOf(links?.next);
  }
}

/** Where the next page is: of its address the query alone counts, for a token goes where we send it and nowhere else. */
function queryOf(next: string | null | undefined): string | undefined {
  const base = 'https://next.invalid';
  return typeof next === 'string' && URL.canParse(next, base) ? new URL(next, base).search : undefined;
}

/** An id as part of a path. Throws `usage` for what cannot be one. */
export function idSegment(id: string, what = 'an id'): string {
  if (/^\.{0,2}$/.test(id))
    throw new BeamError('usage', `What was given as ${what} is none of Runbeam Cloud`, {
      hint: { text: 'Give an id as lists show them' },
    });
  return encodeURIComponent(id);
}
