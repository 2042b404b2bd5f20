/** Routes written as `POST /api/cli/check-login/:token`. */
import type { Handler } from './exchange.ts';

export type Routes = Readonly<Record<string, Handler>>;

export interface Matched<T> {
  readonly route: string;
  readonly handler: T;
  readonly params: Readonly<Record<string, string>>;
}

/** A matcher for the routes, first match wins. */
export function compileRoutes(routes: Routes): (method: string, path: string) => Matched<Handler> | undefined {
  const compiled = Object.entries(routes).map(([route, handler]) => {
    const [method = '', pattern = ''] = route.split(' ', 2);
    return { route, handler, method, segments: pattern.split('/') };
  });
  return (method, path) => {
    const asked = path.split('/');
    for (const { route, handler, method: wanted, segments } of compiled) {
      const params = wanted === method ? matchSegments(segments, asked) : undefined;
      if (params !== undefined) return { route, handler, params };
    }
    return undefined;
  };
}

function matchSegments(segments: readonly string[], asked: readonly string[]): Record<string, string> | undefined {
  if (segments.length !== asked.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const value = asked[index] ?? '';
    if (segment.startsWith(':') && value !== '') params[segment.slice(1)] = decodeURIComponent(value);
    else if (segment !== value) return undefined;
  }
  return params;
}
