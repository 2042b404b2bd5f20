/** `npm run check`: everything that can be said about the tree without running the product. */
import { spawnSync } from 'node:child_process';
import { checkPackage } from './library.ts';
import { checkRooms } from './rooms.ts';
import { runTool } from './tools.ts';
import { checkLockFiles, checkTrackedFiles } from './tracked.ts';

/** Returns what is wrong, a line each; what a program says about it, it has printed. */
type Step = () => readonly string[];

function failed(name: string, status: number | null): string[] {
  return status === 0 ? [] : [`${name} failed (${status ?? 'it did not end by itself'})`];
}

/** A program of this Node. */
function program(path: string, ...args: string[]): Step {
  return () => failed(path, spawnSync(process.execPath, [path, ...args], { stdio: ['ignore', 'inherit', 'inherit'] }).status);
}

/** A program of tools/check. */
function tool(path: string, ...args: string[]): Step {
  return () => failed(path, runTool('check', path, args));
}

const STEPS: readonly (readonly [name: string, step: Step])[] = [
  ['types', program('node_modules/typescript/bin/tsc', '--noEmit')],
  ['lint', program('node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0')],
  ['layout', tool('prettier/bin/prettier.cjs', '--check', '.')],
  ['rooms', checkRooms],
  ['unused exports, files and dependencies', tool('knip/bin/knip.js', '--treat-config-hints-as-errors')],
  ['generated files', program('.build/generate.js', '--check')],
  ['package', checkPackage],
  ['lock files', checkLockFiles],
  ['tracked files', checkTrackedFiles],
];

function main(): number {
  const broken: string[] = [];
  for (const [name, step] of STEPS) {
    console.log(`check: ${name}`);
    const problems = step();
    for (const problem of problems) console.error(`  ${problem}`);
    if (problems.length > 0) broken.push(name);
  }
  console.log(broken.length === 0 ? `check: all ${STEPS.length} passed` : `check: failed: ${broken.join(', ')}`);
  return broken.length === 0 ? 0 : 1;
}

process.exitCode = main();
