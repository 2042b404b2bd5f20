/** What can be asked over HTTP: what an agent holds. Nothing that mints, changes or asks a server on purpose. */
import { BeamError } from '../../errors.ts';
import type { Method } from '../protocol/wire.ts';

/** How the text of a query becomes a parameter of the call; undefined for what is none. */
type Parameter = (text: string) => string | number | undefined;

interface Route {
  readonly method: Method;
  /** By their names on the wire. */
  readonly params: Readonly<Record<string, Parameter>>;
}

/** A whole number. */
function seconds(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/v1/token', { method: 'token', params: { scope: (text) => text, min_ttl: seconds } }],
  ['/v1/status', { method: 'status', params: {} }],
  ['/v1/scopes', { method: 'scopes', params: {} }],
]);

const PATHS = [...ROUTES.keys()].join(', ');

/** The call that a path and its query are. Throws `not_found` for another path, `usage` for another query. */
export function requestFor(url: string): { readonly method: Method; readonly params: Readonly<Record<string, unknown>> } {
  const at = url.indexOf('?');
  const route = ROUTES.get(at < 0 ? url : url.slice(0, at));
  if (route === undefined) throw new BeamError('not_found', 'There is no such path', { hint: { text: `There are ${PATHS}` } });
  const params: Record<string, unknown> = {};
  for (const [name, text] of new URLSearchParams(at < 0 ? '' : url.slice(at + 1))) {
    const value = Object.hasOwn(route.params, name) && !Object.hasOwn(params, name) ? route.params[name]?.(text) : undefined;
    if (value === undefined) throw wrongQuery(Object.keys(route.params));
    params[name] = value;
  }
  return { method: route.method, params };
}

function wrongQuery(names: readonly string[]): BeamError {
  const text = names.length === 0 ? 'Leave it out' : `It may have ${names.join(', ')}, each once`;
  return new BeamError('usage', 'The query is not one that this path takes', { hint: { text } });
}
