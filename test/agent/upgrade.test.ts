/** Two versions of the package at work on one account at once. */
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PACKAGE_ROOT, startBeamAuthEdge } from '../../sandbox/testing.ts';
import { buildProduct } from '../../scripts/build.ts';
import { agentState } from '../support/agent.ts';
import { figure, until } from '../support/measure.ts';
import { logIn } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
const OTHER_VERSION = '0.0.1-other';

let other: CliUser;
let build: string;

beforeAll(async () => {
  other = keepForAll(createCliUser());
  build = join(other.root, 'dist');
  cpSync(join(PACKAGE_ROOT, 'bin'), join(other.root, 'bin'), { recursive: true });
  await buildProduct(build, OTHER_VERSION);
});

/** `beamd token` of a build; its exit code and what it printed. */
async function tokenOf(user: CliUser, folder: string): Promise<string> {
  const { code, stdout, stderr } = await user.run('beamd', ['token'], { installed: dirname(folder) });
  return `${String(code)} ${stdout}${stderr}`;
}

test.each([
  ['upgrade', 0, 1],
  ['downgrade', 1, 0],
])('%s under load: no call fails, and the other version takes over', async (name, from, to) => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  await logIn(user, edge);
  const builds = [build, join(PACKAGE_ROOT, 'dist')];
  const folder = (index: number): string => builds[index] ?? '';
  const expected = await tokenOf(user, folder(from));
  expect(expected).toMatch(/^0 bat_\S+\n$/);

  // Callers of the version that goes and of the one that comes, side by side.
  const caller = async (index: number, calls: number): Promise<string[]> => {
    const answers: string[] = [];
    for (let call = 0; call < calls; call += 1) answers.push(await tokenOf(user, folder(index)));
    return answers;
  };
  const before = [caller(from, 4), caller(from, 4)];
  await Promise.all([tokenOf(user, folder(from)), tokenOf(user, folder(from))]);
  const after = [caller(to, 3), caller(to, 3)];
  const answers = (await Promise.all([...before, ...after])).flat();
  const failed = answers.filter((answer) => answer !== expected);
  figure(`${name} under load`, { calls: answers.length, failed: failed.length });
  expect(failed).toEqual([]);

  expect(await tokenOf(user, folder(to))).toBe(expected);
  // The one that made room is answered for, and may take a moment to end.
  await until(() => user.agents().length === 1);
  expect(user.agents()[0]?.command).toContain(folder(to));
  if (to === 1) expect(await agentState(user)).toMatchObject({ state: 'running' });
});
