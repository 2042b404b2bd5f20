/** Asks the OS keyring in a process of its own, which is killed when it does not answer in time. */
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../clock.ts';
import { isThere, ownPrograms, type Program } from '../../programs.ts';
import { keyringEnvironment, type Env } from '../../environment.ts';
import { system } from '../../platform/system.ts';
import { longStep } from '../../steps.ts';
import { parseKeyringAnswer, type KeyringAnswer, type KeyringRequest } from './keyring-protocol.ts';

/** How long a keyring may take, milliseconds. */
const KEYRING_DEADLINE = 3_000;

/** How long its program may take to start, milliseconds: on a machine with hundreds of commands under way, long. */
const START_DEADLINE = 15_000;

/** Bytes of an answer at most; what we keep has 74. */
const MAX_ANSWER = 65_536;

export interface KeyringDeps {
  readonly env: Env;
  readonly clock: Clock;
  /** Default: our own. */
  readonly program?: Program;
  /** How long the keyring may take once it is asked, milliseconds. Default 3,000. */
  readonly deadline?: number;
  /** Does what may take as long, and tells the user so. */
  readonly waiting?: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The OS keyring. Never throws, never takes longer than its deadline; once it was silent, it is not asked again. */
export type Keyring = (request: KeyringRequest) => Promise<KeyringAnswer>;

const atOnce: NonNullable<KeyringDeps['waiting']> = (work) => work();

/** Starts no process where there can be no keyring. */
export function createKeyring(deps: KeyringDeps): Keyring {
  const { program = ownPrograms().keyring, waiting = atOnce } = deps;
  let silent = false;
  return async (request) => {
    if (silent) return { trouble: 'silent' };
    if (!isThere(program) || !system.desktop.mayHaveKeyring(deps.env)) return { trouble: 'absent' };
    const asked = (): Promise<KeyringAnswer> => askInTime(start(program, deps.env), request, deps);
    const answer = await waiting(() => longStep(`keyring: ${request.op}`, asked, { done: ({ trouble = '' }) => trouble }));
    silent = answer.trouble === 'silent';
    return answer;
  };
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

function start({ file, args }: Program, env: Env): Child {
  // Most accounts are opened without the keyring, and it takes Node a while to load this.
  const { spawn } = process.getBuiltinModule('node:child_process');
  return spawn(file, args, {
    cwd: system.programs.background.cwd,
    env: keyringEnvironment(env),
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
}

async function askInTime(child: Child, request: KeyringRequest, { clock, deadline }: KeyringDeps): Promise<KeyringAnswer> {
  const over = new AbortController();
  const silence = (ms: number): Promise<KeyringAnswer> =>
    clock.sleep(ms, over.signal).then(
      () => ({ trouble: 'silent' }),
      () => ({ trouble: 'broken' }),
    );
  const begun = new Promise((resolve) => child.stdout.once('data', resolve));
  const answer = ask(child, request);
  try {
    return await Promise.race([answer, begun.then(() => silence(deadline ?? KEYRING_DEADLINE)), silence(START_DEADLINE)]);
  } finally {
    over.abort();
    child.kill('SIGKILL');
    child.stdout.destroy();
  }
}

/** The whole answer of a child that ended well. An empty line before it says that the keyring is being asked. */
function ask(child: Child, request: KeyringRequest): Promise<KeyringAnswer> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size <= MAX_ANSWER) pieces.push(piece);
      else resolve({ trouble: 'broken' });
    });
    child.once('error', () => {
      resolve({ trouble: 'broken' });
    });
    child.once('close', (code) => {
      resolve(code === 0 ? parseKeyringAnswer(Buffer.concat(pieces).toString('utf8')) : { trouble: 'broken' });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(request));
  });
}
