/** Two versions of the package at work on one account at once. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { PACKAGE_ROOT, startBeamAuthEdge } from '../../sandbox/testing.ts';
import { figure } from '../support/agent.ts';
import { logIn } from '../support/login.ts';
import { agentState } from '../support/many-calls.ts';
import { closing } from '../support/cleanup.ts';
import { createWorld, NODE, type World } from '../support/cli-user.ts';

const keep = closing();
const OTHER_VERSION = '0.0.1-other';

let other: World;
let build: string;

beforeAll(() => {
  other = createWorld();
  build = join(other.root, 'dist');
  cpSync(join(PACKAGE_ROOT, 'bin'), join(other.root, 'bin'), { recursive: true });
  // A process of its own: the build is JavaScript and works from the package's folder.
  const script = `import { buildProduct } from '../security/scripts/build.mjs'; await buildProduct(...process.argv.slice(1));`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script, build, OTHER_VERSION], { cwd: PACKAGE_ROOT });
  return () => other.close();
});

/** `beamd token` of a build; its exit code and what it printed. */
function tokenOf(world: World, folder: string): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(NODE, [join(folder, '..', 'bin', 'beamd.js'), 'token'], { env: world.env, cwd: world.work });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    child.stdin.end();
    child.once('close', (code) => {
      resolve(`${String(code)} ${said}`);
    });
  });
}

test.each([
  ['upgrade', 0, 1],
  ['downgrade', 1, 0],
])('%s under load: no call fails, and the other version takes over', async (name, from, to) => {
  const edge = keep(await startBeamAuthEdge());
  const world = keep(createWorld());
  await logIn(world, edge);
  const builds = [build, join(PACKAGE_ROOT, 'dist')];
  const folder = (index: number): string => builds[index] ?? '';
  const expected = await tokenOf(world, folder(from));
  expect(expected).toMatch(/^0 bat_\S+\n$/);

  // Callers of the version that goes and of the one that comes, side by side.
  const caller = async (index: number, calls: number): Promise<string[]> => {
    const answers: string[] = [];
    for (let call = 0; call < calls; call += 1) answers.push(await tokenOf(world, folder(index)));
    return answers;
  };
  const before = [caller(from, 4), caller(from, 4)];
  await Promise.all([tokenOf(world, folder(from)), tokenOf(world, folder(from))]);
  const after = [caller(to, 3), caller(to, 3)];
  const answers = (await Promise.all([...before, ...after])).flat();
  const failed = answers.filter((answer) => answer !== expected);
  figure(`${name} under load`, { calls: answers.length, failed: failed.length });
  expect(failed).toEqual([]);

  expect(await tokenOf(world, folder(to))).toBe(expected);
  expect(world.agents()).toHaveLength(1);
  expect(world.agents()[0]?.command).toContain(folder(to));
  if (to === 1) expect(await agentState(world)).toMatchObject({ state: 'running' });
});
