/** The client of a secret engine, held after it has read: what others write in between, it does not know. */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

export interface HeldClient {
  /** Folder of the PATH. */
  readonly bin: string;
  /** From now on those that read are held. */
  hold(): void;
  /** How many are held. */
  held(): number;
  /** Waits until so many have read, and lets them go on. */
  release(count: number): Promise<void>;
}

const wrapper = (real: string, reads: RegExp, folder: string): string => `#!${process.execPath}
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
const isHeld = ${String(reads)}.test(args.join(' ')) && existsSync(${JSON.stringify(join(folder, 'gate'))});
const { status, stdout } = spawnSync(${JSON.stringify(real)}, args, { stdio: ['inherit', 'pipe', 'inherit'] });
if (isHeld) {
  writeFileSync(${JSON.stringify(join(folder, 'here-'))} + process.pid, '');
  // Nobody has it open until the test does.
  readFileSync(${JSON.stringify(join(folder, 'gate'))});
}
process.stdout.write(stdout);
process.exitCode = status ?? 1;
`;

/** @param reads - the words of a client that reads */
export function installHeld(
  folder: string,
  { program, real, reads }: { readonly program: string; readonly real: string; readonly reads: RegExp },
): HeldClient {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, program), wrapper(real, reads, folder), { mode: 0o755 });
  const gate = join(folder, 'gate');
  const here = (): string[] => readdirSync(folder).filter((name) => name.startsWith('here-'));
  return {
    bin,
    hold: () => {
      execFileSync('mkfifo', [gate]);
    },
    held: () => here().length,
    release: async (count) => {
      await expect.poll(() => here().length, { timeout: 120_000 }).toBe(count);
      // Opens once all of them have it open, and what they read ends when it is closed.
      closeSync(openSync(gate, 'w'));
      for (const name of here()) rmSync(join(folder, name));
      if (existsSync(gate)) rmSync(gate);
    },
  };
}
