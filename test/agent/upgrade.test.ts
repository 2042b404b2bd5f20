/** Two versions of the package at work on one account at once. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { install, type Installation } from '../support/install.ts';
import { agentState } from '../support/agent.ts';
import { figure, until } from '../support/measure.ts';
import { cleanup } from '../support/cleanup.ts';
import { startEdgeUser } from '../support/edge.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
const OTHER_VERSION = '0.0.1-other';

let other: CliUser;
let builds: readonly Installation[];

beforeAll(async () => {
  other = keepForAll(createCliUser());
  builds = [await install(join(other.root, 'other'), OTHER_VERSION), await install(join(other.root, 'this'))];
});

/** `beamd token` of a build; its exit code and what it printed. */
function tokenOf(user: CliUser, build: Installation): Promise<string> {
  return new Promise((resolve) => {
    const [file, ...words] = build.command('beamd');
    const child = spawn(file, [...words, 'token'], { env: user.env, cwd: user.work });
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
  const { user } = await startEdgeUser(keep);
  const build = (index: number): Installation => {
    const chosen = builds[index];
    if (chosen === undefined) throw new Error('there are two builds');
    return chosen;
  };
  const expected = await tokenOf(user, build(from));
  expect(expected).toMatch(/^0 bat_\S+\n$/);

  // Callers of the version that goes and of the one that comes, side by side.
  const caller = async (index: number, calls: number): Promise<string[]> => {
    const answers: string[] = [];
    for (let call = 0; call < calls; call += 1) answers.push(await tokenOf(user, build(index)));
    return answers;
  };
  const before = [caller(from, 4), caller(from, 4)];
  await Promise.all([tokenOf(user, build(from)), tokenOf(user, build(from))]);
  const after = [caller(to, 3), caller(to, 3)];
  const answers = (await Promise.all([...before, ...after])).flat();
  const failed = answers.filter((answer) => answer !== expected);
  figure(`${name} under load`, { calls: answers.length, failed: failed.length });
  expect(failed).toEqual([]);

  expect(await tokenOf(user, build(to))).toBe(expected);
  // The one that made room is answered for, and may take a moment to end.
  await until(() => user.agents().length === 1);
  expect(user.agents()[0]?.command).toContain(build(to).place);
  if (to === 1) expect(await agentState(user)).toMatchObject({ state: 'running' });
});
