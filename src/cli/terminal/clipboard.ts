/** The clipboard: by a program of the system, else by the terminal itself. */
import { withoutSecrets } from '../../auth/device-flow/browser.ts';
import type { Env } from '../../environment.ts';
import { system, type Command } from '../../platform/system.ts';

/** Milliseconds that a program may take. */
const DEADLINE = 2_000;

/** `program`: a program took it. `terminal`: the terminal was asked to, which not every one does. */
export type Copied = 'program' | 'terminal' | 'nowhere';

/**
 * Puts a text into the clipboard of whoever sits at the terminal. Over SSH that is the terminal's (OSC 52): the machine's own is
 * somebody else's. `write` writes to the terminal; absent: there is none. Never throws.
 */
export async function copyText(text: string, env: Env, write?: (sequence: string) => void): Promise<Copied> {
  const isRemote = Boolean(env['SSH_CONNECTION'] ?? env['SSH_TTY']);
  for (const command of isRemote ? [] : system.desktop.clipboards(env)) if (await took(command, text, env)) return 'program';
  if (write === undefined) return 'nowhere';
  write(`\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`);
  return 'terminal';
}

/** On standard input, which no other user sees. Some stay in the background to serve the clipboard: their end is not waited for. */
async function took({ file, args }: Command, text: string, env: Env): Promise<boolean> {
  const { spawn } = await import('node:child_process');
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env: withoutSecrets(env),
      stdio: ['pipe', 'ignore', 'ignore'],
      shell: false,
      windowsHide: true,
      timeout: DEADLINE,
    });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
    child.stdin.on('error', () => undefined);
    child.stdin.end(text);
  });
}
