/** Workers that are killed while they refresh: at any moment, and at a known one after the server's answer. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { connectAgent } from '../../src/agent/client/client.ts';
import { spawnAgent } from '../../src/agent/client/spawn-agent.ts';
import { encodeJob, parseResponse } from '../../src/agent/protocol/messages.ts';
import { systemClock } from '../../src/clock.ts';
import { backgroundEnvironment } from '../../src/environment.ts';
import { system } from '../../src/platform/system.ts';
import type { Program } from '../../src/programs.ts';
import { accountsFolder } from '../../src/store/paths.ts';
import { PROGRAMS, keyOf, socketOf } from './agent.ts';
import { gate, until } from './measure.ts';
import { signalLater } from './signal-later.ts';
import { expireSession, logIn } from './login.ts';
import type { Keep } from './cleanup.ts';
import { createCliUser, type CliUser } from './cli-user.ts';

export interface ZeroGrace {
  readonly edge: BeamAuthEdge;
  readonly user: CliUser;
}

/** A user with a session on an edge that ends it when a refresh token is used twice. */
export async function zeroGrace(keep: Keep): Promise<ZeroGrace> {
  const edge = keep(await startBeamAuthEdge({ grace: 0 }));
  const user = keep(createCliUser());
  await logIn(user, edge);
  return { edge, user };
}

/** A worker that was told to refresh. */
export interface RefreshingWorker {
  readonly pid: number;
  /** What it said; empty for one that was killed. It may have something to do still. */
  readonly output: Promise<string>;
  /** The same, once it has ended. */
  readonly said: Promise<string>;
  kill(): void;
}

/** Starts a worker as an agent does, so that this process knows which one it is. */
export function startRefresh(
  user: CliUser,
  edge: { readonly port: number },
  { program = PROGRAMS.worker, version }: { readonly program?: Program; readonly version?: string } = {},
): RefreshingWorker {
  const worker = spawn(program.file, program.args, {
    ...system.programs.background,
    env: backgroundEnvironment(user.env),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  worker.stdin.on('error', () => undefined);
  const job: unknown = JSON.parse(encodeJob({ account: keyOf(edge), keys: {}, job: 'refresh', params: {} }));
  worker.stdin.end(`${JSON.stringify({ ...(job as object), ...(version === undefined ? {} : { version }) })}\n`);
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  const output = text(worker.stdout);
  const said = output.then(async (line) => {
    await ended;
    return line;
  });
  return { pid: worker.pid ?? 0, output, said, kill: () => void worker.kill('SIGKILL') };
}

/** Refreshes to the end. False: the session was over, and the user has logged in again. */
export async function isAlive(user: CliUser, edge: BeamAuthEdge): Promise<boolean> {
  const response = parseResponse(await startRefresh(user, edge).said);
  if (response === undefined) throw new Error('the worker said nothing');
  if (!('error' in response)) return true;
  if (response.error.code !== 'session_ended') throw response.error;
  await logIn(user, edge);
  return false;
}

/** A session that was lost by a kill. */
export interface KillLoss {
  /** Milliseconds from the server's answer to the kill; 0 or less: the server had not answered yet. */
  readonly after: number;
  /** Whether the answer was on the disk already: what nothing may lose. */
  readonly written: boolean;
}

export interface Kills {
  readonly kills: number;
  /** Answers that the server had given when the worker was killed. */
  readonly rotations: number;
  readonly losses: readonly KillLoss[];
}

/** What every kill here looks at: the refreshes of a session that are on the disk, in its file or beside it. */
function rotationsOnDisk({ homes }: CliUser): readonly string[] {
  const folder = accountsFolder(homes);
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  return texts.flatMap((text) => /^login: .*\nrotation: \d+$/mu.exec(text) ?? []).toSorted();
}

/** Kills, and looks whether the session is alive. `killed` says when, once the worker is no more. */
async function lossBy(
  { user, edge }: ZeroGrace,
  killed: () => Promise<{ readonly at: number; readonly answered: number | undefined }>,
): Promise<KillLoss | undefined> {
  const before = rotationsOnDisk(user);
  const { at, answered } = await killed();
  const after = rotationsOnDisk(user);
  if (await isAlive(user, edge)) return undefined;
  return { after: at - (answered ?? at), written: after.some((rotation) => !before.includes(rotation)) };
}

/** Kills a worker at a moment chosen at random from its whole life, and looks what became of the session, `kills` times. */
export async function killWorkers(user: CliUser, edge: BeamAuthEdge, kills: number): Promise<Kills> {
  const begun = performance.now();
  await startRefresh(user, edge).said;
  const whole = performance.now() - begun;
  const before = edge.counters.refreshes;
  const losses: KillLoss[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const loss = await lossBy({ user, edge }, async () => {
      let answered: number | undefined;
      void edge.answered('POST /token').then((at) => (answered = at));
      const worker = startRefresh(user, edge);
      const { at } = await signalLater({ pids: [worker.pid], delay: Math.random() * whole * 1.1 });
      await worker.said;
      return { at, answered };
    });
    if (loss !== undefined) losses.push(loss);
  }
  return { kills, rotations: edge.counters.refreshes - before - kills + losses.length, losses };
}

/** Kills an agent and its worker together at a moment chosen at random, and looks what became of the session, `kills` times. */
export async function killBoth(user: CliUser, edge: BeamAuthEdge, kills: number): Promise<Kills> {
  const losses: KillLoss[] = [];
  const before = edge.counters.refreshes;
  let whole = 1_000;
  for (let kill = -1; kill < kills; kill += 1) {
    // The agent finds a token that has run out, and refreshes it.
    await expireSession(user, edge);
    let answered: number | undefined;
    void edge.answered('POST /token').then((time) => (answered = time));
    await spawnAgent({ account: keyOf(edge), env: user.env, programs: PROGRAMS });
    const begun = performance.now();
    const agent = await connectAgent(await socketOf(user, edge), systemClock);
    if (typeof agent === 'string') throw new Error(`the new agent is ${agent}`);
    const killed = async (): Promise<{ at: number; answered: number | undefined }> => {
      const asked = agent.token({}).catch(() => undefined);
      const workers = { root: user.root, programs: ['worker'] } as const;
      const { at } = await signalLater({ pids: [agent.info.pid], of: workers, delay: Math.random() * whole * 1.2 });
      await asked;
      return { at, answered };
    };
    // The first is not killed: it tells how long one takes.
    if (kill === -1) {
      await agent.token({}).catch(() => undefined);
      whole = performance.now() - begun;
      process.kill(agent.info.pid, 'SIGKILL');
    } else {
      const loss = await lossBy({ user, edge }, killed);
      if (loss !== undefined) losses.push(loss);
    }
    agent.close();
  }
  return { kills, rotations: edge.counters.refreshes - before, losses };
}

/** Kills a worker `delay()` milliseconds after the server has answered it, and looks what became of the session. */
export async function killAfterAnswer(user: CliUser, edge: BeamAuthEdge, kills: number, delay: () => number): Promise<Kills> {
  const losses: KillLoss[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const loss = await lossBy({ user, edge }, async () => {
      const { worker, answered } = await refreshAnswered(user, edge);
      const { at } = await signalLater({ pids: [worker.pid], delay: answered + delay() - performance.now() });
      await worker.said;
      return { at, answered };
    });
    if (loss !== undefined) losses.push(loss);
  }
  return { kills, rotations: kills, losses };
}

/** A worker that the server has just answered, and when. */
export async function refreshAnswered(
  user: CliUser,
  edge: BeamAuthEdge,
): Promise<{ readonly worker: RefreshingWorker; readonly answered: number }> {
  const { worker, answer } = await refreshAsked(user, edge);
  return { worker, answered: await answer() };
}

/** A worker whose refresh is at the server, which answers when it is told to. */
export async function refreshAsked(
  user: CliUser,
  edge: BeamAuthEdge,
  program = PROGRAMS.worker,
): Promise<{ readonly worker: RefreshingWorker; readonly answer: () => Promise<number> }> {
  const asked = (edge.counters.requests['POST /token'] ?? 0) + 1;
  const { passed, open } = gate();
  edge.faults.next('POST /token', { hold: passed });
  const worker = startRefresh(user, edge, { program });
  await until(() => edge.counters.requests['POST /token'] === asked);
  return {
    worker,
    answer: () => {
      const answered = edge.answered('POST /token');
      open();
      return answered;
    },
  };
}
