/** The runtimes that the library is tried on: the packages of tools/runtimes, which are installed when they are first needed. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installTools } from '../../scripts/tools.ts';

export interface Runtime {
  readonly name: string;
  /** What it is run with, the file of the program apart. */
  readonly command: readonly [file: string, ...args: string[]];
  /** As it says itself; absent: it is not to be had here. */
  readonly version?: string;
}

const NODES = [20, 22, 24, 26] as const;

/** What it takes with Deno, as docs/sdk/agent.md says. */
const ALLOWED = ['env', 'read', 'write', 'net', 'run', 'sys'];

/** By the names that npm has for Linux, the one system for which it has them all. */
const FILES: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
  ...NODES.map((line) => {
    const file = (cpu: string): string => `node-${line}-${cpu}/bin/node`;
    return [`Node ${line}`, { x64: file('x64'), arm64: file('arm64') }, []] as const;
  }),
  ['Bun', { x64: '@oven/bun-linux-x64-baseline/bin/bun', arm64: '@oven/bun-linux-aarch64/bin/bun' }, ['run']],
  [
    'Deno',
    { x64: '@deno/linux-x64-glibc/deno', arm64: '@deno/linux-arm64-glibc/deno' },
    ['run', '--quiet', ...ALLOWED.map((what) => `--allow-${what}`)],
  ],
];

/** All of them. One that cannot be had is left out by npm, since each is optional there; in CI that is an error. */
export function runtimes(): Runtime[] {
  const modules = installTools('runtimes');
  return FILES.map(([name, byCpu, args]) => {
    const file = join(modules, byCpu[process.arch] ?? '');
    const command = [file, ...args] as const;
    const isHere = process.platform === 'linux' && byCpu[process.arch] !== undefined && existsSync(file);
    if (!isHere && process.env['CI'] === 'true') throw new Error(`${name} cannot be had`);
    return isHere ? { name, command, version: versionOf(file) } : { name, command };
  });
}

function versionOf(file: string): string {
  const [first = ''] = execFileSync(file, ['--version'], { encoding: 'utf8' }).split('\n');
  return /\d+\.\d+\.\d+/.exec(first)?.[0] ?? first;
}
