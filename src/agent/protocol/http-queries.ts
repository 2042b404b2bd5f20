/** What is asked over HTTP, by its path and query: of an agent's socket, and of `beamd exec --serve`. */
import { BeamError } from '../../errors.ts';

/** What a parameter of a query is. */
type Parameter = 'text' | 'seconds';

/** The parameters that a path may have, by their names on the wire. */
type Parameters = Readonly<Record<string, Parameter>>;

/** What can be asked for at a path. */
export interface Route {
  readonly parameters: Parameters;
}

/** A route that there is, and what the query holds for it. */
interface Asked<R extends Route> {
  readonly route: R;
  readonly params: Readonly<Record<string, string | number>>;
}

/**
 * Reads the target of a request. Throws `not_found` for a path that is none of these, `usage` for a query that it does not take; the message
 * says which parameter, and never its value.
 */
export function readTarget<R extends Route>(target: string, routes: ReadonlyMap<string, R>): Asked<R> {
  const at = target.indexOf('?');
  const route = routes.get(at < 0 ? target : target.slice(0, at));
  if (route === undefined) {
    const names = [...routes.keys()];
    const text = `${names.length === 1 ? 'There is' : 'There are'} ${names.join(', ')}`;
    throw new BeamError('not_found', 'There is no such path', { hint: { text } });
  }
  const params: Record<string, string | number> = {};
  for (const [name, text] of new URLSearchParams(at < 0 ? '' : target.slice(at + 1))) {
    const parameter = Object.hasOwn(route.parameters, name) ? route.parameters[name] : undefined;
    if (parameter === undefined || Object.hasOwn(params, name)) throw wrongQuery(Object.keys(route.parameters));
    params[name] = parameter === 'text' ? text : secondsOf(name, text);
  }
  return { route, params };
}

function secondsOf(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new BeamError('usage', `${name} is a number of seconds`, { hint: { text: `As in ?${name}=600` } });
}

function wrongQuery(names: readonly string[]): BeamError {
  const text = names.length === 0 ? 'Leave it out' : `It may have ${names.join(', ')}${names.length === 1 ? '' : ', each'} once`;
  return new BeamError('usage', 'The query is not one that this path takes', { hint: { text } });
}
