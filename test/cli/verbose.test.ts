/** `-v` tells of the requests that the agent and its workers made for a command, and of no others. */
import { expect, test } from 'vitest';
import { startBeamAuthEdge, startHarmony, startRunbeamCloud, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { startCloudUser } from '../support/cloud.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { findInText } from '../support/find-secrets.ts';
import { expireSession, logIn, logInToCloud, succeeded } from '../support/login.ts';
import { storedSecrets } from '../support/stored-secrets.ts';

const keep = cleanup();

interface LoggedIn {
  readonly edge: BeamAuthEdge;
  readonly user: CliUser;
  /** What the lines of the agent begin with. */
  readonly agent: string;
}

/** With an agent that holds a session. */
async function loggedIn(): Promise<LoggedIn> {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  await logIn(user, edge);
  succeeded(await user.beamd('token'));
  return { edge, user, agent: `agent of ${edge.origin.replace('http://', '')}` };
}

/** The steps without those of files, and without the times, which each must have. */
function steps({ stderr }: Ran): string[] {
  return stderr
    .split('\n')
    .filter((line) => line !== '' && !/^(?:read|write|reserve) \//.test(line))
    .map((line) => line.replace(/ \(\d+(?:\.\d)? ms\)$/, ' (N ms)'));
}

test('a refresh is told to whoever waited for it, and no longer when it is over', async () => {
  const { edge, user, agent } = await loggedIn();
  await expireSession(user, edge);
  const waited = succeeded(await user.beamd('token', '-v'));
  expect(steps(waited)).toEqual([
    `${agent}: ready (N ms)`,
    `${agent}: GET ${edge.origin}/.well-known/beam-auth: 200 (N ms)`,
    `${agent}: POST ${edge.origin}/token: 200 (N ms)`,
    `${agent}: token (N ms)`,
  ]);
  expect(edge.counters.refreshes).toBe(1);
  expect(steps(await user.beamd('token', '-v'))).toEqual([`${agent}: ready (N ms)`, `${agent}: token (N ms)`]);
  expect(findInText('steps', waited.stderr, await storedSecrets(user))).toEqual([]);
});

test('a refresh that went wrong is told before the error', async () => {
  const { edge, user, agent } = await loggedIn();
  await expireSession(user, edge);
  edge.faults.next('POST /token', { reset: true });
  const failed = await user.beamd('token', '-v');
  expect({ code: failed.code, stdout: failed.stdout }).toEqual({ code: 5, stdout: '' });
  expect(steps(failed).slice(0, 4)).toEqual([
    `${agent}: ready (N ms)`,
    `${agent}: GET ${edge.origin}/.well-known/beam-auth: 200 (N ms)`,
    `${agent}: POST ${edge.origin}/token: no answer (N ms)`,
    `${agent}: token: failed (N ms)`,
  ]);
});

test.each([
  ['an agent', {}],
  ['none', { BEAMD_NO_AGENT: '1' }],
])('the list of orgs, and a refresh, with %s', async (_, env) => {
  const { edge, user, agent } = await loggedIn();
  expect(steps(await user.run('beamd', ['orgs', '--refresh', '-v'], { env }))).toEqual([
    `${agent}: ready (N ms)`,
    `${agent}: GET ${edge.origin}/api/scopes: 200 (N ms)`,
    `${agent}: refresh_scopes (N ms)`,
  ]);
  await expireSession(user, edge);
  expect(steps(await user.run('beamd', ['token', '-v'], { env })).slice(-2)).toEqual([
    `${agent}: POST ${edge.origin}/token: 200 (N ms)`,
    `${agent}: token (N ms)`,
  ]);
});

test('a gateway that is authorized: what the command asked, and what its worker did', async () => {
  const { cloud, user } = await startCloudUser(keep);
  const gateway = keep(await startHarmony({ version: '0.12' }));
  succeeded(await user.runbeam('harmony:add', `127.0.0.1:${gateway.port}`, '-l', 'gw'));
  const agent = `agent of ${cloud.origin.replace('http://', '')}`;
  const [host, api] = [`http://127.0.0.1:${gateway.port}`, `${cloud.origin}/api`];
  const ran = succeeded(await user.runbeam('harmony:authorize', 'gw', '-y', '-v'));
  expect(steps(ran).filter((line) => !line.startsWith('act as '))).toEqual([
    `GET ${host}/admin/info: 200 (N ms)`,
    `GET ${host}/admin/token: 405 (N ms)`,
    `${agent}: ready (N ms)`,
    `${agent}: GET ${api}/harmony/base-url: 200 (N ms)`,
    `${agent}: POST ${api}/harmony/authorize: 200 (N ms)`,
    `${agent}: POST ${host}/admin/token: 200 (N ms)`,
    `${agent}: authorize (N ms)`,
  ]);
  expect(findInText('output', user.transcript(), await storedSecrets(user))).toEqual([]);
});

test('a path that has a secret in it is left out', async () => {
  const cloud = keep(await startRunbeamCloud());
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  const lines = steps(await logInToCloud(user, cloud, '-v')).filter((line) => line.startsWith('GET '));
  expect(new Set(lines)).toEqual(
    new Set([`GET ${cloud.origin}/…: 200 (N ms)`, `GET ${cloud.origin}/api/.well-known/jwks.json: 200 (N ms)`]),
  );
});
