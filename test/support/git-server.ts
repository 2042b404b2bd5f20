/** A real git remote over HTTP: git's own `http-backend` behind Basic or Bearer authentication, the token as the server sees it. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { startLoopbackServer } from './loopback-server.ts';

export interface GitServer {
  readonly origin: string;
  /** Address of its one repository, which is empty at first. */
  readonly url: string;
  /** Who asked with what, in order: user names, and whether the token was taken. */
  readonly seen: { readonly user: string; readonly scheme: 'basic' | 'bearer'; readonly taken: boolean }[];
  close(): Promise<void>;
}

export interface GitServerOptions {
  /** Whether the server takes this token. */
  readonly takes: (token: string) => boolean;
  /** What it offers. Default: Basic. */
  readonly offers?: 'Basic' | 'Bearer';
}

export async function startGitServer({ takes, offers = 'Basic' }: GitServerOptions): Promise<GitServer> {
  const root = mkdtempSync(join(tmpdir(), 'git-server-'));
  const repository = join(root, 'project.git');
  mkdirSync(repository);
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
  const seen: GitServer['seen'] = [];
  const server = await startLoopbackServer((request, response) => {
    const given = credentialOf(request.headers.authorization ?? '');
    const taken = given !== undefined && takes(given.token);
    if (given !== undefined) seen.push({ user: given.user, scheme: given.scheme, taken });
    if (taken) void backend(root, request, response);
    else response.writeHead(401, { 'WWW-Authenticate': `${offers} realm="edge"` }).end();
  });
  return {
    origin: server.origin,
    url: `${server.origin}/project.git`,
    seen,
    close: async () => {
      await server.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export interface GivenCredential {
  readonly user: string;
  readonly token: string;
  readonly scheme: 'basic' | 'bearer';
}

/** What stands in the header `Authorization`. */
export function credentialOf(header: string): GivenCredential | undefined {
  const [, scheme = '', value = ''] = /^(\w+) (.+)$/.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return { user: '', token: value, scheme: 'bearer' };
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const [user = '', ...password] = Buffer.from(value, 'base64').toString().split(':');
  return { user, token: password.join(':'), scheme: 'basic' };
}

/** CGI (RFC 3875), as far as git's program needs it. */
async function backend(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: 'somebody',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  // Latin-1 is one byte a character, so that a pack comes out as it went in.
  const answer = (await buffer(child.stdout)).toString('latin1');
  const end = answer.indexOf('\r\n\r\n');
  for (const line of answer.slice(0, end).split('\r\n')) {
    const [name = '', value = ''] = line.split(': ');
    if (name === 'Status') response.statusCode = Number(value.slice(0, 3));
    else if (name !== '') response.setHeader(name, value);
  }
  response.end(Buffer.from(answer.slice(end + 4), 'latin1'));
}
