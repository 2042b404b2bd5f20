import { BeamError } from '../../errors.ts';
import { parseServer } from '../../store/server.ts';
import type { Server } from '../../store/server.ts';

/**
 * The edge that a token answer says the session belongs to; without one, the server that was asked. A server on the
 * network cannot name one on this machine. Throws `bad_answer`.
 */
export function edgeOf(named: string | undefined, asked: Server): Server {
  if (named === undefined) return asked;
  const edge = parsed(named);
  if (edge === undefined || (edge.loopback && !asked.loopback)) {
    throw new BeamError('bad_answer', `The token answer of ${asked.name} names an edge that cannot be used`);
  }
  return edge;
}

/** What a session remembers of the server that was asked, where that is not the edge. */
export function controlPlaneOf(edge: Server, asked: Server): { readonly controlPlane?: string } {
  return edge.key === asked.key ? {} : { controlPlane: asked.name };
}

function parsed(name: string): Server | undefined {
  try {
    return parseServer(name);
  } catch {
    return undefined;
  }
}
