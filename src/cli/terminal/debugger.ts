/** The debugger port that a signal opens, or a caller asks for. */
import { OF_RUNTIME, STANDALONE } from '../../programs.ts';

/** Whether somebody could read what is in this process: whoever speaks to its debugger, or code that a caller had it load. */
export function underDebugger(): boolean {
  if (STANDALONE !== undefined) return OF_RUNTIME.some((name) => process.env[name]);
  return process.getBuiltinModule('node:inspector').url() !== undefined;
}

/**
 * Closes it, unless the user asked for one: SIGUSR1 opens it in every Node until a program listens to that signal, and then
 * every local user can reach it.
 */
export function closeDebugger(): void {
  // An executable opens none that was not asked for.
  if (STANDALONE !== undefined) return;
  const asked = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((words) => words.includes('--inspect'));
  if (asked) return;
  // Loaded here: it takes as long as many a command.
  const inspector = process.getBuiltinModule('node:inspector');
  if (inspector.url() !== undefined) inspector.close();
}
