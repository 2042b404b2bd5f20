/** A command that starts an agent: whoever is killed meanwhile, and whatever the agent's worker answers. */
import { chmodSync, cpSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT, STANDALONE_BIN, startBeamAuthEdge, type RunningBin } from '../../sandbox/testing.ts';
import { spawnAgent } from '../../src/agent/client/spawn-agent.ts';
import { agentRecord, startClaim, type SocketPath } from '../../src/agent/protocol/socket-path.ts';
import { nodeProgram, type Program } from '../../src/programs.ts';
import { accountFile, agentLog } from '../../src/store/paths.ts';
import { connect, crashedAgent, keyOf, killAgents, socketOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, NODE, type CliUser } from '../support/cli-user.ts';
import { startEdgeUser } from '../support/edge.ts';
import { figure, until } from '../support/measure.ts';

const keep = cleanup();
const LINUX = process.platform === 'linux';

/** How far a command is that starts an agent; the last ones come only once there is one. */
const MOMENTS = ['begun', 'about to start one', 'agent there', 'worker there', 'agent listening', 'token given'] as const;

/** Up to so many milliseconds later, by chance. */
const LATER = 25;

/** Whether a command got that far. */
function progress(user: CliUser, path: SocketPath, command: RunningBin): Record<string, () => boolean> {
  return {
    'begun': () => true,
    'about to start one': () => existsSync(startClaim(path)) || user.agents().length > 0,
    'agent there': () => user.agents().length > 0,
    'worker there': () => user.background('worker').length > 0,
    'agent listening': () => recordedPids(path).some((pid) => user.agents().some((agent) => agent.pid === pid)),
    'token given': () => command.output().stdout !== '',
  };
}

/** The process that says in its record that it listens, if any; the record of a killed one stays. */
function recordedPids(path: SocketPath): number[] {
  const record = existsSync(agentRecord(path)) ? readFileSync(agentRecord(path), 'utf8') : '';
  return [...(/"pid":\s*(\d+)/.exec(record)?.slice(1) ?? [])].map(Number);
}

test.skipIf(!LINUX)(
  'a command that is killed at any moment of its start leaves no worker behind, and at most one agent',
  async () => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    const token = await crashedAgent(user, edge);
    const path = await socketOf(user, edge);
    const left: Record<string, number[]> = {};
    for (const moment of [...MOMENTS, ...MOMENTS]) {
      await killAgents(user);
      const command = user.start('beamd', ['token']);
      let over = false;
      void command.done.then(() => {
        over = true;
      });
      await until(() => over || (progress(user, path, command)[moment]?.() ?? false));
      await sleep(Math.random() * LATER);
      command.kill('SIGKILL');
      await command.done;
      await until(() => user.background('worker').length === 0);
      left[moment] = [...(left[moment] ?? []), user.agents().length];
      expect(await user.beamd('token')).toEqual({ code: 0, stdout: token, stderr: '' });
      await until(() => user.agents().length === 1 && user.background('worker').length === 0);
    }
    figure('agents left by commands killed in their start', {
      killed: 2 * MOMENTS.length,
      withAgent: Object.values(left)
        .flat()
        .filter((count) => count > 0).length,
    });
    expect(Math.max(...Object.values(left).flat())).toBe(1);
    // Once an agent listens, it goes on whatever becomes of the command.
    expect({ listening: left['agent listening'], token: left['token given'] }).toEqual({ listening: [1, 1], token: [1, 1] });
    expect(edge.liveSessions()).toBe(1);
  },
);

/** The built programs, with a worker that gives `answer` the first time and works from then on. */
function buildWithWorker(user: CliUser, answer: string): { readonly agent: Program; readonly answered: string } {
  const dist = join(user.root, 'dist');
  const answered = join(user.root, 'answered');
  cpSync(join(PACKAGE_ROOT, 'dist'), dist, { recursive: true });
  renameSync(join(dist, 'worker.cjs'), join(dist, 'real-worker.cjs'));
  writeFileSync(
    join(dist, 'worker.cjs'),
    `const fs = require('node:fs');
const answered = ${JSON.stringify(answered)};
if (fs.existsSync(answered)) require('./real-worker.cjs');
else { fs.writeSync(1, ${JSON.stringify(answer)}); fs.writeFileSync(answered, ''); }
`,
  );
  return { agent: nodeProgram(join(dist, 'agent.cjs'), NODE), answered };
}

if (STANDALONE_BIN !== undefined)
  console.log('skipped: a worker that answers nonsense, because an executable has none but its own');
test.skipIf(STANDALONE_BIN !== undefined).each(['', '{"result":{}}', '{"result":', 'nonsense\n', '{"result":7}'])(
  'an agent whose worker answers "%s" has another one read the session',
  async (answer) => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    const token = await crashedAgent(user, edge);
    const { agent: program, answered } = buildWithWorker(user, answer);
    await spawnAgent({ account: keyOf(edge), env: user.env, programs: { agent: program } });
    await until(() => existsSync(answered) && user.background('worker').length === 0);
    const agent = await connect(user, edge);
    // What came of the first worker may only now reach the agent.
    await until(async () => {
      const granted = await agent.token({}).catch(() => undefined);
      return `${granted?.accessToken.reveal() ?? ''}\n` === token;
    });
    agent.close();
  },
);

test('an account file that others can read is told of, also by the command that starts the agent', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  const stdout = await crashedAgent(user, edge);
  const file = accountFile(user.homes, keyOf(edge));
  chmodSync(file, 0o644);
  const stderr = `! ${file} could be read by other users (mode 644); it is now 600\n`;
  expect(await user.beamd('token')).toEqual({ code: 0, stdout, stderr });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('no agent is started for a server that there is no account on', async () => {
  const { user } = await startEdgeUser(keep);
  const { code, stdout } = await user.beamd('token', '--server', 'other.example.com');
  expect({ code, stdout, agents: user.agents() }).toEqual({ code: 4, stdout: '', agents: [] });
  expect(existsSync(agentLog(user.homes, 'other.example.com'))).toBe(false);
});
