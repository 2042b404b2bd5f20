/** Callers and clients that are many, slow or hostile, in a process of their own where they must not disturb the one that measures. */
import { execFile, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { connectAgent } from '../../src/agent/client/client.ts';
import type { SocketPath } from '../../src/agent/protocol/socket-path.ts';
import { MAX_FRAME } from '../../src/agent/protocol/wire.ts';
import { systemClock } from '../../src/clock.ts';
import type { CliUser, Ran } from './cli-user.ts';

/** Runs `count` times `beamd token` at once. */
export async function tokensAtOnce(user: CliUser, count: number): Promise<Ran[]> {
  const answers: Promise<Ran>[] = [];
  while (answers.length < count) {
    answers.push(user.beamd('token'));
    // The server that they wait for may be in this very process, which each start holds up.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return Promise.all(answers);
}

/** How many of each answer. */
export function tally(answers: readonly Ran[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code, stdout, stderr } of answers) {
    const key = `${String(code)} ${stdout}${stderr}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

export interface Measured {
  /** Milliseconds from the connection to the token, each client. */
  readonly durations: readonly number[];
  readonly errors: number;
}

async function ask(path: SocketPath): Promise<number | undefined> {
  const started = performance.now();
  try {
    const agent = await connectAgent(path, systemClock);
    if (typeof agent === 'string') return undefined;
    await agent.token({});
    agent.close();
    return performance.now() - started;
  } catch {
    return undefined;
  }
}

function measured(all: readonly (number | undefined)[]): Measured {
  const durations = all.filter((duration) => duration !== undefined);
  return { durations, errors: all.length - durations.length };
}

/** Clients that all connect, say hello and ask for a token at once. */
export async function clientsAtOnce(path: SocketPath, count: number): Promise<Measured> {
  return measured(await Promise.all(Array.from({ length: count }, () => ask(path))));
}

/** Clients one after the other. */
export async function clientsInTurn(path: SocketPath, count: number): Promise<Measured> {
  const all: (number | undefined)[] = [];
  for (let call = 0; call < count; call += 1) all.push(await ask(path));
  return measured(all);
}

/** Each client sends a byte of a request now and then, and connects again when it is cut off. */
const DRIPPING = `
const { connect } = require('node:net');
const [path, count] = process.argv.slice(1);
let ready = 0;
const open = () => {
  const socket = connect(path);
  let timer;
  socket.on('connect', () => {
    if (++ready === Number(count)) process.stdout.write('ready');
    timer = setInterval(() => socket.write('{'), 200);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => { clearInterval(timer); setTimeout(open, 50); });
};
for (let n = 0; n < Number(count); n += 1) open();
`;

/** Starts clients that drip; resolves when all are connected. */
export function drip(path: SocketPath, count: number): Promise<{ close(): void }> {
  const child = spawn(process.execPath, ['-e', DRIPPING, path.socket, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.stdout.once('data', () => {
      resolve({ close: () => void child.kill('SIGKILL') });
    });
  });
}

/** Opens so many new connections in each second, with one request over HTTP each, by the clock, whatever becomes of them. */
const ASKING = `
const { connect } = require('node:net');
const [path, rate, seconds] = process.argv.slice(1);
const total = Number(rate) * Number(seconds);
const counts = {};
let begun = 0, ended = 0;
const ask = () => {
  const socket = connect(path);
  let said = '';
  socket.on('connect', () => socket.write('GET /v1/token HTTP/1.1\\r\\nHost: agent\\r\\nConnection: close\\r\\n\\r\\n'));
  socket.on('data', (chunk) => (said += chunk.toString('latin1', 0, 12)));
  let outcome = 'no answer';
  socket.on('error', (error) => (outcome = error.code));
  socket.on('close', () => {
    if (said.startsWith('HTTP/1.1 ')) outcome = said.slice(9, 12);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (++ended === total) process.stdout.write(JSON.stringify(counts));
  });
};
const start = performance.now();
const timer = setInterval(() => {
  const due = Math.min(total, Math.floor(((performance.now() - start) * Number(rate)) / 1000));
  while (begun < due) { begun += 1; ask(); }
  if (begun === total) clearInterval(timer);
}, 5);
`;

/** A program that asks over HTTP, each time over a new connection. Resolves to how many had each status, or no answer. */
export function askAnew(path: SocketPath, rate: number, seconds: number): Promise<Record<string, number>> {
  const words = ['-e', ASKING, path.socket, String(rate), String(seconds)];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, { env: {} }, (error, stdout) => {
      if (error instanceof Error) reject(error);
      else resolve(JSON.parse(stdout) as Record<string, number>);
    });
  });
}

const hello = (id: number): string => `${JSON.stringify({ jsonrpc: '2.0', id, method: 'hello', params: {} })}\n`;

/** Frames that no client of ours sends. The long ones are few: they cost the sender most. */
const BAD_FRAMES: readonly ((round: number) => string | Buffer)[] = [
  () => 'GET /v1/token HTTP/1.1\r\nHost: edge.example.com\r\n\r\n',
  () => '{"jsonrpc":"2.0"\n',
  () => '[]\n',
  () => 'null\n',
  () => Buffer.from([0, 1, 2, 0xff, 0xfe, 0x0a]),
  () => `${'['.repeat(5_000)}\n`,
  () => '{"jsonrpc":"2.0","id":1,"method":"nope"}\n!\n',
  () => '{"jsonrpc":"2.0","id":1,"method":"token","params":{"scope":5}}\n?\n',
  () => '{"jsonrpc":"1.0","id":1,"method":"hello"}\n',
  () => '{"__proto__":{"jsonrpc":"2.0"},"id":1,"method":"hello"}\n',
  (round) => `${hello(round)}x\n`,
  (round) => (round % 40 === 0 ? 'x'.repeat(MAX_FRAME + 1) : `${'\u202e'.repeat(20)}\n`),
];

function sendOne(path: SocketPath, frame: string | Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path.socket);
    const timer = setTimeout(() => socket.destroy(), 60_000);
    let cut = false;
    socket.on('error', () => (cut = true));
    socket.on('end', () => (cut = true));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(cut);
    });
    socket.on('data', () => undefined);
    socket.write(frame);
  });
}

/** Sends `count` bad frames, each over its own connection, a few at a time; returns how many did not end the connection. */
export async function badFrames(path: SocketPath, count: number): Promise<number> {
  let next = 0;
  let tolerated = 0;
  const sender = async (): Promise<void> => {
    for (let round = next++; round < count; round = next++) {
      const frame = BAD_FRAMES[round % BAD_FRAMES.length]?.(round) ?? '';
      if (!(await sendOne(path, frame))) tolerated += 1;
    }
  };
  await Promise.all(Array.from({ length: 20 }, sender));
  return tolerated;
}
