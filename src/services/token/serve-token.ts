/** `beamd exec --serve`: fresh tokens over HTTP on loopback, for the command that is run and for nobody else. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { encode } from '../../agent/protocol/codec.ts';
import { answerError, answerJson, bodyOf } from '../../agent/protocol/http-answers.ts';
import { HEAD_DEADLINE, HTTP_IDLE, MAX_HEAD, refuseRequest } from '../../agent/protocol/http-guards.ts';
import { readTarget } from '../../agent/protocol/http-queries.ts';
import { ownError } from '../../agent/protocol/messages.ts';
import { FOR_TOKENS } from '../../agent/protocol/token-calls.ts';
import { BeamError, systemCode } from '../../errors.ts';
import type { TargetInput } from '../target/ladder.ts';
import { furtherTokens } from './further-tokens.ts';
import type { NamedGrant, TokenContext } from './token.ts';
import type { TokenWishes } from './wishes.ts';

/** What the command is told, and the end of it all. */
export interface TokenServer {
  /** Where it asks, and what it says with it. */
  readonly variables: { readonly BEAMD_TOKEN_URL: string; readonly BEAMD_TOKEN_AUTH: string };
  /** Answers nobody any more. */
  close(): void;
}

const HOST = '127.0.0.1';

/** Connections at once of those who have not shown the bearer: any user of this machine can make some. */
const STRANGERS = 64;

/** Of all; a command asks for a token now and then. */
const CONNECTIONS = 16 * STRANGERS;

/**
 * Answers `GET /v1/token` with further tokens of the login that gave `first`, to whoever has the bearer that is made here. Throws
 * `failed` where nothing can listen on loopback.
 */
export async function serveToken(context: TokenContext, input: TargetInput, first: NamedGrant): Promise<TokenServer> {
  const further = furtherTokens(context, input, first);
  const auth = randomBytes(32).toString('base64url');
  const hasBearer = bearerCheck(auth);
  const strangers = new Set<Socket>();
  const isAllowed = (request: IncomingMessage): boolean => {
    const allowed = hasBearer(request);
    if (allowed) strangers.delete(request.socket);
    return allowed;
  };
  let host = '';
  const server = createServer(
    {
      maxHeaderSize: MAX_HEAD,
      headersTimeout: HEAD_DEADLINE,
      requestTimeout: HEAD_DEADLINE,
      keepAliveTimeout: HTTP_IDLE,
      connectionsCheckingInterval: HEAD_DEADLINE / 4,
      insecureHTTPParser: false,
      // Looked at with the rest.
      requireHostHeader: false,
    },
    (request, response) => void answer({ host, isAllowed, further }, request, response),
  );
  server.maxConnections = CONNECTIONS;
  server.on('connection', (socket: Socket) => {
    // Who came first makes room: whoever has the bearer says so at once.
    if (strangers.size >= STRANGERS) {
      const [oldest] = strangers;
      if (oldest !== undefined) strangers.delete(oldest);
      oldest?.destroy();
    }
    strangers.add(socket);
    socket.once('close', () => strangers.delete(socket));
  });
  // A silent client, and one that wants something else than an answer, is let go.
  server.setTimeout(HTTP_IDLE);
  server.on('upgrade', (_request, socket) => socket.destroy());
  server.on('connect', (_request, socket) => socket.destroy());
  server.listen(0, HOST);
  try {
    await once(server, 'listening');
  } catch (error) {
    const reason = systemCode(error) ?? 'it failed';
    throw new BeamError('failed', `Nothing can listen on ${HOST} (${reason}), so --serve cannot be`, { cause: error });
  }
  const address = server.address();
  host = `${HOST}:${typeof address === 'object' && address !== null ? String(address.port) : ''}`;
  return {
    variables: { BEAMD_TOKEN_URL: `http://${host}/v1/token`, BEAMD_TOKEN_AUTH: auth },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Answering {
  readonly host: string;
  readonly isAllowed: (request: IncomingMessage) => boolean;
  readonly further: (wishes: TokenWishes) => Promise<NamedGrant>;
}

async function answer(
  { host, isAllowed, further }: Answering,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refused = refuseRequest(request, [host]);
  if (refused !== undefined) {
    response.setHeader('connection', 'close');
    answerError(response, refused.error, refused.status);
    return;
  }
  try {
    if (!isAllowed(request)) throw notAllowed();
    const grant = await further(wishesOf(request.url ?? ''));
    answerJson(response, 200, bodyOf(encode(FOR_TOKENS.token.result, grant)));
  } catch (error) {
    answerError(response, ownError(error));
  }
}

/** Whether a request has the bearer, found out in the same time for every other one. */
function bearerCheck(auth: string): (request: Pick<IncomingMessage, 'headersDistinct'>) => boolean {
  const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
  const wanted = hashOf(`Bearer ${auth}`);
  return ({ headersDistinct: { authorization = [] } }) =>
    authorization.length === 1 && timingSafeEqual(hashOf(authorization[0] ?? ''), wanted);
}

function notAllowed(): BeamError {
  return new BeamError('token_rejected', 'The request has not the bearer of BEAMD_TOKEN_AUTH', {
    hint: { text: 'Send the header Authorization: Bearer, and the value of BEAMD_TOKEN_AUTH' },
  });
}

const ROUTES = new Map([['/v1/token', { parameters: { min_ttl: 'seconds' } } as const]]);

/** Throws as `readTarget`. */
function wishesOf(target: string): TokenWishes {
  const { min_ttl: minTtl } = readTarget(target, ROUTES).params;
  return typeof minTtl === 'number' ? { minTtl } : {};
}
