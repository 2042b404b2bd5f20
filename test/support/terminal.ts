/** An interactive shell on a terminal of its own, typed into as a person would. */
import { spawn } from 'node:child_process';

export interface Terminal {
  /** Types this. What the shell is not ready for waits in the terminal. */
  type(keys: string): void;
  /** All that was shown since the start. */
  shown(): string;
  /** Resolves once the pattern was shown, or all that was shown is as wanted; rejects when the shell ends before. */
  waitFor(wanted: RegExp | ((shown: string) => boolean)): Promise<void>;
  close(): Promise<void>;
}

export interface TerminalOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** How wide it is. Default: it does not say. */
  readonly columns?: number;
}

/** Runs a command line on a terminal, by the program `script` of util-linux. */
export function openTerminal(line: string, { cwd, env, columns }: TerminalOptions): Terminal {
  const sized = columns === undefined ? line : `stty cols ${String(columns)} rows 40; ${line}`;
  const child = spawn('script', ['-qefc', sized, '/dev/null'], { cwd, env, stdio: ['pipe', 'pipe', 'ignore'] });
  let shown = '';
  let over = false;
  const watchers = new Set<() => void>();
  const look = (): void => {
    for (const watcher of watchers) watcher();
  };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    shown += piece;
    look();
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      over = true;
      look();
      resolve();
    }),
  );
  return {
    type: (keys) => child.stdin.write(keys),
    shown: () => shown,
    waitFor: (wanted) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          if (wanted instanceof RegExp ? wanted.test(shown) : wanted(shown)) resolve();
          else if (over) reject(new Error(`the shell ended without showing ${String(wanted)}:\n${shown}`));
          else return;
          watchers.delete(watch);
        };
        watchers.add(watch);
        watch();
      }),
    close: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
