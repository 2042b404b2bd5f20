/** Where the API of an edge is that nobody has logged in to: what an account remembers is asked of the edge itself here. */
import { BeamError } from '../errors.ts';
import type { Http } from '../http.ts';
import type { Secret } from '../secret.ts';
import type { Server } from '../store/server.ts';
import { fetchScopes, type ScopesAnswer } from './edge-api/scopes.ts';
import { checkApiKey, type Workspace } from './edge-api/workspace.ts';

/**
 * The control plane that the discovery document of an edge leads to, which may be the edge itself; undefined where there is
 * none, which makes the edge self-hosted. Throws as `discoverBeamAuth`.
 */
export async function controlPlaneAt(edge: Server, http: Http): Promise<Server | undefined> {
  const { discoverBeamAuth } = await import('./beam-auth/discovery.ts');
  return (await discoverBeamAuth(edge, http))?.controlPlane;
}

/** What an API key is, and who said so. */
export interface KeyCheck {
  /** `not_checked`: the edge is self-hosted, and nobody can say. */
  readonly workspace: Workspace | 'not_checked';
  /** Where that is not the edge. */
  readonly controlPlane?: Server;
}

/**
 * Asks the control plane of an edge what an API key of it is; an edge without one is asked itself. Throws `token_rejected` for
 * an unknown key, `bad_answer` where a control plane has no such call, and as `controlPlaneAt` and `checkApiKey`.
 */
export async function checkKeyFor(edge: Server, key: Secret, http: Http): Promise<KeyCheck> {
  const controlPlane = await controlPlaneAt(edge, http);
  const asked = controlPlane ?? edge;
  const workspace = await checkApiKey(asked.origin, key, http);
  if (workspace === 'not_checked' && controlPlane !== undefined) throw noSuchCall(asked.name, 'API keys');
  return asked.origin === edge.origin ? { workspace } : { workspace, controlPlane: asked };
}

/** What a token is that was set, or stands in a file. Empty: the edge is self-hosted, and nobody can say. */
export interface KnownToken {
  /** Of an API key. */
  readonly workspace?: Workspace;
  /** Of a session. */
  readonly session?: ScopesAnswer;
}

/**
 * Asks the control plane of an edge what a token of it is. Nothing tells an API key from the token of a session but the answer: what
 * is not known as the one is asked about as the other. Throws `token_rejected` for what is neither, `bad_answer` where a control
 * plane has no such calls (`called` is what it was asked about), and as `controlPlaneAt`, `checkApiKey` and `fetchScopes`.
 */
export async function whatTokenIs(edge: Server, token: Secret, http: Http, called: string): Promise<KnownToken> {
  const controlPlane = await controlPlaneAt(edge, http);
  const { origin } = controlPlane ?? edge;
  const workspace = await unlessRejected(() => checkApiKey(origin, token, http));
  if (typeof workspace === 'object' && !(workspace instanceof BeamError)) return { workspace };
  const session = await unlessRejected(() => fetchScopes(origin, token, http));
  if (session !== undefined && !(session instanceof BeamError)) return { session };
  // Who knows sessions alone says nothing of a key.
  if (workspace instanceof BeamError) throw workspace;
  if (controlPlane !== undefined) throw noSuchCall(controlPlane.name, called);
  return {};
}

async function unlessRejected<T>(ask: () => Promise<T>): Promise<T | BeamError> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof BeamError && error.code === 'token_rejected') return error;
    throw error;
  }
}

/** A control plane without a call that it should have: said, since nothing that was asked is known then. */
export function noSuchCall(name: string, what: string): BeamError {
  return new BeamError('bad_answer', `${name} cannot be asked about ${what}: it has no such API (404)`);
}
