/** An edge that somebody runs themselves: a static token, no device login, no orgs, no workspaces. */
import { randomBytes } from 'node:crypto';
import { listen, type ListenOptions, type Running } from './server/listen.ts';

export interface SelfHostedEdge extends Running {
  /** The token that the edge's operator would hand out. */
  readonly token: string;
}

export async function startSelfHostedEdge(options: ListenOptions = {}): Promise<SelfHostedEdge> {
  const server = await listen(options);
  const missing = { status: 404, json: { error: 'not_found' } };
  server.mount({
    'GET /.well-known/beam-auth': () => missing,
    'GET /.well-known/openid-configuration': () => missing,
    'GET /.well-known/oauth-authorization-server': () => missing,
    'GET /api/scopes': () => missing,
    'GET /api/v1/workspace': () => missing,
  });
  return { ...server, token: randomBytes(24).toString('base64url') };
}
