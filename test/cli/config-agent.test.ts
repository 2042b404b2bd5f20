/** `agent_socket` in the file of `--config`: the agent that listens there gives the token. */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startBeamAuthEdge, startRunbeamCloud, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { connect, socketOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { writeConfig } from '../support/files.ts';
import { startEdgeUser, startTokenUser } from '../support/edge.ts';
import { expireSession, logInToCloud, succeeded } from '../support/login.ts';

const keep = cleanup();

interface Scene {
  readonly edge: BeamAuthEdge;
  readonly user: CliUser;
  /** Of the running agent. */
  readonly socket: string;
  readonly path: string;
}

/** A login whose agent runs, and a file that names it. */
async function scene(): Promise<Scene> {
  const { edge, user } = await startEdgeUser(keep);
  succeeded(await user.beamd('agent', 'start'));
  const { socket } = await socketOf(user, edge);
  return { edge, user, socket, path: writeConfig(user, 'app.yaml', { server: edge.origin, agent_socket: socket }) };
}

async function token(user: CliUser): Promise<string> {
  return succeeded(await user.beamd('token')).stdout;
}

describe('with a login', () => {
  test('it gives what its agent gives, and says as whom', async () => {
    const { edge, user, path, socket } = await scene();
    const stdout = await token(user);
    expect(await user.beamd('--config', 'app.yaml', 'token')).toEqual({ code: 0, stdout, stderr: '' });
    expect(await user.beamd('--config', 'app.yaml')).toEqual({
      code: 0,
      stdout: `✓ ${path}: its agent acts for alice@example.com, alice on ${edge.origin}\n`,
      stderr: '',
    });
    expect(JSON.parse((await user.beamd('--config', 'app.yaml', '--json')).stdout)).toEqual({
      config: path,
      server: edge.origin,
      checked: true,
      session: { user: 'alice@example.com', scope: 'alice' },
    });
    expect(await user.beamd('whoami', '--config', 'app.yaml')).toEqual({
      code: 0,
      stdout: `alice@example.com on ${edge.origin} for alice (owner)\n`,
      stderr: '',
    });
    expect((await user.beamd('orgs', '--config', 'app.yaml')).stdout).toBe(
      '* alice    owner\n  acme     admin\n  widgets  member\n',
    );
    const status = await user.beamd('status', '--config', 'app.yaml', '--check', '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({
      server_source: { kind: 'app-config', path },
      token: 'app_config',
      agent_socket: socket,
      session: { state: 'valid' },
      agent: { state: 'running' },
      check: { verdict: 'valid' },
    });
    const env = "[process.env.BEAMD_SERVER, process.env.BEAMD_TOKEN, process.env.BEAMD_SCOPE].join(' ')";
    expect(await user.beamd('exec', '--config', 'app.yaml', '--', process.execPath, '-p', env)).toEqual({
      code: 0,
      stdout: `${edge.origin} ${stdout.trim()} alice\n`,
      stderr: '',
    });
    expect(user.agents()).toHaveLength(1);
  });

  test('another home gets them too, and makes nothing there', async () => {
    const { user, socket } = await scene();
    const stdout = await token(user);
    const app = keep(createCliUser());
    writeConfig(app, 'app.yaml', { server: (await agentServer(user)).server, agent_socket: relative(app.work, socket) });
    expect(await app.beamd('token', '--config', 'app.yaml')).toEqual({ code: 0, stdout, stderr: '' });
    expect(app.agents()).toEqual([]);
    expect(existsSync(join(app.home, '.beamd'))).toBe(false);
  });

  test('a session that is due is refreshed by the agent', async () => {
    const { edge, user } = await scene();
    await expireSession(user, edge);
    const before = edge.counters.refreshes;
    const { stdout } = succeeded(await user.beamd('token', '--config', 'app.yaml'));
    expect([edge.counters.refreshes - before, stdout]).toEqual([1, await token(user)]);
  });

  test('a token in the file wins, and the socket is not looked at', async () => {
    const { edge, user } = await scene();
    writeConfig(user, 'app.yaml', { server: edge.origin, token: edge.apiKey, agent_socket: '/no/such/agent.sock' });
    expect(await user.beamd('token', '--config', 'app.yaml')).toEqual({ code: 0, stdout: `${edge.apiKey}\n`, stderr: '' });
    expect(await user.beamd('agent', 'status', '--config', 'app.yaml')).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: ${join(user.work, 'app.yaml')} has a token of its own, and no agent\nRun: beamd token --config app.yaml\n`,
    });
  });

  test('an agent of another server is asked for nothing', async () => {
    const { edge, user, path, socket } = await scene();
    const other = keep(await startBeamAuthEdge());
    writeConfig(user, 'app.yaml', { server: other.origin, agent_socket: socket });
    expect(await user.beamd('token', '--config', 'app.yaml')).toEqual({
      code: 6,
      stdout: '',
      stderr:
        `Error: The agent at ${socket} is of 127.0.0.1:${edge.port}, and ${path} names ${other.origin}\n` +
        'Hint: The `agent_socket` and the `server` of the file are of one account\n',
    });
    const agent = await connect(user, edge);
    expect((await agent.status()).served).toBe(0);
    agent.close();
    expect(other.counters.requests).toEqual({});
  });

  test('where none listens that is said, and none is started', async () => {
    const { user, path, socket } = await scene();
    succeeded(await user.beamd('agent', 'stop'));
    const stderr = `Error: No agent listens at ${socket} (in ${path})\nRun: beamd agent status --all\n`;
    expect(await user.beamd('token', '--config', 'app.yaml')).toEqual({ code: 1, stdout: '', stderr });
    expect(JSON.parse((await user.beamd('agent', 'status', '--config', 'app.yaml', '--json')).stdout)).toMatchObject({
      state: 'stopped',
      socket,
    });
    expect(user.agents()).toEqual([]);
  });
});

async function agentServer(user: CliUser): Promise<{ server: string; socket: string }> {
  return JSON.parse(succeeded(await user.beamd('agent', 'status', '--json')).stdout) as { server: string; socket: string };
}

test('an account with a token of its own has an agent as well', async () => {
  const { edge, user } = await startTokenUser(keep);
  succeeded(await user.beamd('agent', 'start'));
  const path = writeConfig(user, 'app.yaml', { server: edge.origin, agent_socket: (await agentServer(user)).socket });
  expect(await user.beamd('token', '--config', 'app.yaml')).toEqual({ code: 0, stdout: `${edge.token}\n`, stderr: '' });
  expect(await user.beamd('--config', 'app.yaml')).toEqual({
    code: 0,
    stdout: `${path}: ${edge.origin} is self-hosted; the key was not checked\n`,
    stderr: '',
  });
});

test('runbeam acts with the agent of its login', async () => {
  const cloud = keep(await startRunbeamCloud());
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  await logInToCloud(user, cloud);
  succeeded(await user.runbeam('gateways:list'));
  const socket = join(dirname((await socketOf(user, cloud)).socket), `127.0.0.1_${cloud.port}.sock`);
  const path = writeConfig(user, 'ci.yaml', { server: cloud.origin, agent_socket: socket });
  const app = keep(createCliUser());
  const verified = await app.runbeam('verify', '--config', path, '--json');
  expect(JSON.parse(verified.stdout)).toMatchObject({ status: 'valid', server: cloud.origin });
  expect((await app.runbeam('gateways:list', '--config', path)).stdout).toBe((await user.runbeam('gateways:list')).stdout);
});
