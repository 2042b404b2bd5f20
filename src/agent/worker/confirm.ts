/** The question before a use of an account that asks first: a program of the user's gives the answer by its exit code. */
import { within } from '../../clock.ts';
import { realpathSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { keyringEnvironment, type Env } from '../../environment.ts';
import { BeamError, hintText, systemCode } from '../../errors.ts';
import { accountTitle } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { system } from '../../platform/system.ts';
import { accountOfKey } from '../../store/account-key.ts';
import { readGlobalConfig } from '../../store/config/beamd-config.ts';
import { changeableAbove, isForeign, isOpenToOthers } from '../../store/files/permissions.ts';
import { configFile } from '../../store/paths.ts';
import { printable } from '../../text.ts';
import type { Params, Result } from '../protocol/wire.ts';
import type { WorkDeps } from './stored-session.ts';

/** How long the program may take: a person has to see the question, read it, and decide. Milliseconds. */
const ANSWER_DEADLINE = 60_000;

/** What a message box needs. Where programs are is not for the shell to say that happened to start the agent. */
function environmentFor(env: Env): Record<string, string | undefined> {
  const { TMPDIR: _, ...known } = keyringEnvironment(env);
  return { ...known, LANG: env['LANG'], LC_ALL: env['LC_ALL'], ...system.programs.plainPath };
}

/** As the job `confirm`. Never throws `forbidden`: what is said of it is part of the answer. */
export async function confirmUse(deps: WorkDeps, question: Params<'confirm'>): Promise<Result<'confirm'>> {
  try {
    const [program = '', ...args] = await confirmProgram(deps);
    const account = accountTitle((await deps.accounts.readIfSound(deps.account)) ?? accountOfKey(deps.account));
    const { scope = '', use } = question;
    const client = plainWord(question.client ?? '');
    return omitUndefined({ problem: await answerOf(deps, program, [...args, client, account, scope, use], client) });
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return { problem: { message: error.message, hint: error.hint === undefined ? '' : hintText(error.hint) } };
  }
}

/** A client chooses its name: it must be no option of the program, many of which answer yes to `--version`. */
function plainWord(client: string): string {
  const word = printable(client, 60).replace(/^[\s-]+/u, '');
  return word === '' ? 'unnamed' : word;
}

/**
 * The program that asks, and what it is given before all else. Throws `bad_config` where none is named, `unsafe_path` for one that
 * somebody else could have put there.
 */
export async function confirmProgram({ homes }: Pick<WorkDeps, 'homes'>): Promise<readonly string[]> {
  const path = configFile(homes);
  const { confirm = [] } = await readGlobalConfig(homes);
  const [program = ''] = confirm;
  const hint = { text: `Put the path of a program that asks into ${path}: \`confirm: /usr/local/bin/ask-me\`` };
  if (confirm.length === 0) throw new BeamError('bad_config', `${path} names no program that asks before each use`, { hint });
  if (!isAbsolute(program)) throw new BeamError('bad_config', `${path}: \`confirm\` is no absolute path`, { hint });
  checkProgram(program, path);
  return confirm;
}

function checkProgram(program: string, path: string): void {
  const fail = (problem: string, of = program): BeamError =>
    new BeamError('unsafe_path', `${printable(of, 1_000)}, for \`confirm\` in ${path}, ${problem}`, {
      hint: { text: 'It has to be a program of yours or of root, which nobody else can change' },
    });
  let real: string;
  try {
    real = realpathSync(program);
  } catch (error) {
    throw fail(`cannot be read (${systemCode(error) ?? 'unreadable'})`);
  }
  const stats = statSync(real);
  if (!stats.isFile()) throw fail('is no program');
  if (system.files.ownUid() === undefined) return;
  if ((stats.mode & 0o111) === 0) throw fail('cannot be executed');
  if (isForeign(stats) || isOpenToOthers(stats)) throw fail('can be changed by others');
  const above = changeableAbove(real);
  if (above !== undefined) throw fail('is in a folder that others can change', above);
}

type Problem = Result<'confirm'>['problem'];

/** Undefined: yes. */
async function answerOf(deps: WorkDeps, program: string, args: readonly string[], client: string): Promise<Problem> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const again = 'Ask again, and allow it; beamd agent lock --no-confirm asks no more';
  const options = { ...system.programs.background, env: environmentFor(deps.env), stdio: 'ignore' } as const;
  const child = spawn(program, args, options);
  const ended = new Promise<Problem>((resolve) => {
    child.once('error', (error) => {
      resolve({ message: `The program that asks could not be started (${systemCode(error) ?? 'failed'})`, hint: program });
    });
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(undefined);
      else
        resolve({ message: `${client} was not allowed to use the account (${signal ?? `exit ${String(code)}`})`, hint: again });
    });
  });
  const message = `Nobody allowed ${client} to use the account within ${ANSWER_DEADLINE / 1000} s`;
  try {
    return await within(deps.clock, ANSWER_DEADLINE, ended, () => ({ message, hint: again }));
  } finally {
    endGroup(child.pid);
  }
}

/** The program, and what it started: a message box that nobody answers does not stay. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
