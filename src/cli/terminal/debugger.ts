/** The debugger port that a signal opens. */

/**
 * Closes it, unless the user asked for one: SIGUSR1 opens it in every Node until a program listens to that signal, and then
 * every local user can reach it.
 */
export function closeDebugger(): void {
  const asked = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((words) => words.includes('--inspect'));
  if (asked) return;
  // Loaded here: it takes as long as many a command.
  const inspector = process.getBuiltinModule('node:inspector');
  if (inspector.url() !== undefined) inspector.close();
}
