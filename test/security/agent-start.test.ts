/** A command that starts an agent and a worker side by side: whoever of them is killed, and whatever the worker says. */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, statSync } from 'node:fs';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startBeamAuthEdge } from '../../sandbox/testing.ts';
import { backgroundEnvironment } from '../../src/environment.ts';
import { accountFile, agentLog } from '../../src/store/paths.ts';
import { PROGRAMS, connect, figure, homesOf, keyOf, until } from '../support/agent.ts';
import { leftoverProcesses } from '../support/leftovers.ts';
import { logIn, succeeded } from '../support/login.ts';
import { closing } from '../support/together.ts';
import { createWorld, type World } from '../support/world.ts';

const keep = closing();
const LINUX = process.platform === 'linux';

const workers = (world: World): string[] =>
  leftoverProcesses(world.root, process.pid).flatMap(({ command }) => (command.includes('worker.cjs') ? [command] : []));

async function endAgents(world: World): Promise<void> {
  for (const { pid } of world.agents()) process.kill(pid, 'SIGKILL');
  await until(() => world.agents().length === 0);
}

test.skipIf(!LINUX)(
  'a command that is killed at any moment of its start leaves no worker behind, and at most one agent',
  async () => {
    const edge = keep(await startBeamAuthEdge());
    const world = keep(createWorld());
    await logIn(world, edge);
    const { stdout } = succeeded(await world.beamd('token'));
    const left: number[] = [];
    for (let moment = 0; moment < 150; moment += 6) {
      await endAgents(world);
      const command = world.start('beamd', ['token']);
      await sleep(moment);
      command.kill('SIGKILL');
      await command.done;
      await until(() => workers(world).length === 0);
      left.push(world.agents().length);
      expect(await world.beamd('token')).toEqual({ code: 0, stdout, stderr: '' });
      await until(() => world.agents().length === 1 && workers(world).length === 0);
    }
    figure('commands killed in their start', { killed: left.length, withAgent: left.filter((count) => count > 0).length });
    expect(Math.max(...left)).toBeLessThanOrEqual(1);
    expect(edge.liveSessions()).toBe(1);
  },
);

test.each(['', '{"result":{}}', '{"result":', 'nonsense\n', '{"result":null}'])(
  'an agent whose worker answers "%s" has another one read the session',
  async (answer) => {
    const edge = keep(await startBeamAuthEdge());
    const world = keep(createWorld());
    await logIn(world, edge);
    const { stdout } = succeeded(await world.beamd('token'));
    await endAgents(world);
    const child = spawn(process.execPath, [PROGRAMS.agent, keyOf(edge), '3'], {
      env: backgroundEnvironment(world.env),
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    keep({ close: () => void child.kill('SIGKILL') });
    const [, , , pipe] = child.stdio;
    if (pipe instanceof Writable) pipe.on('error', () => undefined).end(answer);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const agent = await connect(world, edge);
    const granted = await agent.token({}).then((grant) => grant.accessToken.reveal(), String);
    expect(`${granted}\n`).toBe(stdout);
    agent.close();
  },
);

test('an account file that others can read is told of, also by the command that starts the agent', async () => {
  const edge = keep(await startBeamAuthEdge());
  const world = keep(createWorld());
  await logIn(world, edge);
  const { stdout } = succeeded(await world.beamd('token'));
  await endAgents(world);
  const file = accountFile(homesOf(world), keyOf(edge));
  chmodSync(file, 0o644);
  const stderr = `${file} could be read by other users (mode 644); it is now 600\n`;
  expect(await world.beamd('token')).toEqual({ code: 0, stdout, stderr });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('no agent is started for a server that there is no account on', async () => {
  const edge = keep(await startBeamAuthEdge());
  const world = keep(createWorld());
  await logIn(world, edge);
  await endAgents(world);
  const { code, stdout } = await world.beamd('token', '--server', 'other.example.com');
  expect({ code, stdout, agents: world.agents() }).toEqual({ code: 4, stdout: '', agents: [] });
  expect(existsSync(agentLog(homesOf(world), 'other.example.com'))).toBe(false);
});
