/** Very many gateways, and trouble of theirs and of the cloud that can be had again. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Fault, Faults } from '../../sandbox/testing.ts';
import { instancesFile } from '../../src/store/paths.ts';
import type { CliUser } from './cli-user.ts';
import { seededRandom } from './random.ts';

export interface FleetGateway {
  readonly id: string;
  readonly ip: string;
  readonly label: string;
}

export interface Fleet {
  readonly port: number;
  readonly gateways: readonly FleetGateway[];
  /** By address: the machine token that the gateway has, the last one first. */
  readonly tokens: ReadonlyMap<string, readonly string[]>;
  /** Most connections that were open at once. */
  readonly connections: () => number;
  /** From now on all is well. */
  heal(): void;
  close(): Promise<void>;
}

export interface FleetOptions {
  readonly count: number;
  readonly seed?: number;
  /** 0 to 1: of the requests so many end in trouble. Default none. */
  readonly trouble?: number;
}

/** One server in the place of many gateways: each has a loopback address of its own. */
export async function startFleet({ count, seed = 1, trouble = 0 }: FleetOptions): Promise<Fleet> {
  const chance = seededRandom(seed, 'gateways');
  const tokens = new Map<string, string[]>();
  let [share, most] = [trouble, 0];
  const server = createServer((request, response) => {
    if (chance.between(0, 1) < share) void spoil(tokens, chance.between(0, 3), request, response);
    else void answer(tokens, request, response);
  });
  server.on('connection', () => server.getConnections((_, open) => (most = Math.max(most, open))));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fleet has no port');
  const { port } = address;
  const gateways = Array.from({ length: count }, (_, index) => gateway(index, port));
  return {
    port,
    gateways,
    tokens,
    connections: () => most,
    heal: () => (share = 0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function gateway(index: number, port: number): FleetGateway {
  const ip = `127.1.${Math.floor(index / 200)}.${(index % 200) + 1}`;
  const label = `gw-${String(index).padStart(5, '0')}`;
  return { ip, label, id: createHash('sha256').update(`${ip}:${port}:${label}`).digest('hex').slice(0, 8) };
}

/** A reset, a 503, or the work done and not answered. */
async function spoil(
  tokens: Map<string, string[]>,
  kind: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (kind < 1) request.socket.resetAndDestroy();
  else if (kind < 2) {
    request.resume();
    response.writeHead(503).end();
  } else {
    response.end = () => {
      request.socket.resetAndDestroy();
      return response;
    };
    await answer(tokens, request, response);
  }
}

async function answer(tokens: Map<string, string[]>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const send = (status: number, value?: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(value === undefined ? '' : JSON.stringify(value));
  };
  const route = `${request.method ?? ''} ${request.url ?? ''}`;
  if (route === 'GET /admin/info') send(200, { version: '0.12.0', uptime: 1, os: 'linux', arch: 'x86_64' });
  else if (route === 'GET /admin/token') send(405);
  else if (route === 'POST /admin/token') {
    const { machine_token: token } = JSON.parse(Buffer.concat(pieces).toString()) as { machine_token?: string };
    const ip = request.socket.localAddress ?? '';
    if (token !== undefined) tokens.set(ip, [token, ...(tokens.get(ip) ?? [])]);
    send(token === undefined ? 400 : 200, { success: true, message: 'Machine token stored.' });
  } else send(404);
}

/** Registers all of them, as the list would have them after as many `harmony:add`. */
export function register(user: CliUser, { gateways, port }: Pick<Fleet, 'gateways' | 'port'>): void {
  const path = instancesFile(user.homes);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const entries = gateways.map(({ id, ip, label }) => ({ id, ip, port, label, path_prefix: 'admin', gateway_id: null }));
  writeFileSync(path, JSON.stringify(entries, null, 2), { mode: 0o600 });
}

/** The route of the sandbox's cloud that issues machine tokens. */
export const ISSUES = 'POST /api/harmony/authorize';

/** Trouble of the cloud with its next requests: of ten one, a rate limit, a failure or a lost answer. */
export function spoilCloud(faults: Faults, requests: number, seed = 1): void {
  const chance = seededRandom(seed, 'cloud');
  const kinds: readonly (readonly [number, Fault])[] = [
    [90, {}],
    [3, { status: 429, headers: { 'retry-after': '1' } }],
    [3, { status: 500 }],
    [2, { reset: true }],
    [2, { lose: true }],
  ];
  for (let index = 0; index < requests; index += 1) faults.next(ISSUES, chance.pick(kinds));
}
