/** Every command, by a clock that is not the agent's: a time in a text is the reader's own, never UTC. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge, type RunbeamCloud } from '../../sandbox/testing.ts';
import { randomToken } from '../../src/auth/auth.testing.ts';
import { rfc3339, systemClock } from '../../src/clock.ts';
import { ownManifest } from '../../src/cli/routing/manifest.ts';
import { createAccountStore } from '../../src/store/accounts/account-store.ts';
import { parseServer } from '../../src/store/server.ts';
import { cleanup } from '../support/cleanup.ts';
import type { CliUser, Ran } from '../support/cli-user.ts';
import { startAuthorized } from '../support/cloud.ts';
import { expireSession, logIn, succeeded } from '../support/login.ts';

const keep = cleanup(afterAll);
let edge: BeamAuthEdge;
let cloud: RunbeamCloud;
let user: CliUser;

/** No agent has it: theirs are started in UTC. */
const READER = { TZ: 'Asia/Tokyo' };

beforeAll(async () => {
  edge = keep(await startBeamAuthEdge());
  ({ cloud, user } = await startAuthorized(keep, 'gate'));
  await logIn(user, edge);
  await logIn(user, edge, '--account', 'other');
  succeeded(await user.beamd('switch', edge.origin, '--account', '-'));
});

/** Its lines are those of a log. */
const LOG = 'beamd agent log';

const BEAMD = `status; status --check; accounts; whoami; orgs; orgs --refresh; default acme; default; check; why; switch -; switch -
token --out t; token --min-ttl 9d; exec -- true; agent start; agent status; agent status --all; agent top; agent log; agent env; agent forward;
agent lock --after 8h; agent status; agent unlock; link --scope acme; pin check; unlink; setup git; setup docker; setup kube; credential git get;
credential docker get; credential kube; doctor; doctor --offline; completion bash; version;
login --no-wait --server EDGE; login --server EDGE --token no; logout --account other; agent stop`;

const RUNBEAM = `list; verify; harmony:list; harmony:list --check; harmony:status gate; harmony:info gate; harmony:pipelines gate; harmony:routes gate;
harmony:reload gate; harmony:update gate; harmony:edit gate --renew auto; harmony:tokens; harmony:tokens --all; harmony:renew gate; harmony:renew --all;
harmony:tokens --all; harmony:authorize gate; harmony:authorize --all -y; harmony:export gate; harmony:rotate-key gate;
harmony:show-key gate; harmony:revoke gate -y; harmony:delete-key gate --yes; harmony:set-key gate; harmony:resolve runbeam.acme.ingress.name.x;
harmony:mesh-token mesh_1 https://other.example.com/x; gateways:list; gateways:get gw_1; services:list; services:get services_1; endpoints:list; endpoints:get endpoints_1;
backends:list; backends:get backends_1; pipelines:list; pipelines:get pipelines_1; transforms:get 1; changes:list gate; changes:get 1; changes:ack 1; changes:applied 1;
changes:failed 1; token:get -g gate; config:get; config:set api-url CLOUD; config:unset api-url; login --no-wait; test-browser; doctor;
doctor --offline; completion bash; version; harmony:add -p 9 -l nobody; harmony:remove nobody; logout`;

const WALKED = [
  ...BEAMD.split(';').map((line) => `beamd ${line.trim()}`),
  ...RUNBEAM.split(';').map((line) => `runbeam ${line.trim()}`),
];

function run(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const [bin, ...words] = line.replace('CLOUD', cloud.origin).replace('EDGE', edge.origin).split(' ');
  return user.run(bin === 'runbeam' ? 'runbeam' : 'beamd', words, { env: { ...READER, ...env } });
}

/** The lines in which a time is not by the clock of the reader, each with what was typed. */
function strange(typed: string, { stdout, stderr }: Ran): (readonly [typed: string, line: string])[] {
  if (typed.startsWith(LOG)) return [];
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => OTHER_CLOCK.test(line));
  return lines.map((line) => [typed, line] as const);
}

const OTHER_CLOCK = /\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)|\d{4}-\d\d-\d\dT|\bUTC\b|\bGMT\b/;

test('every command is walked', () => {
  const { commands } = ownManifest();
  const ids = Object.keys(commands).map((id) => (id.startsWith('beamd:') ? id.replaceAll(':', ' ') : id.replace(':', ' ')));
  const missing = ids.filter((id) => !WALKED.some((line) => line === id || line.startsWith(`${id} `)));
  expect(missing).toEqual([]);
});

test('what is said of a session, a gateway and all the rest', async () => {
  const seen: unknown[] = [];
  let times = 0;
  for (const line of WALKED) {
    const ran = await run(line);
    seen.push(...strange(line, ran));
    times += (ran.stdout + ran.stderr).match(/\(\d{4}-\d\d-\d\d \d\d:\d\d\)/g)?.length ?? 0;
  }
  expect(seen).toEqual([]);
  expect(times).toBeGreaterThan(20);
});

test('what an agent says of a session that has ended, and what is said of tokens that have', async () => {
  edge.endSessions();
  await expireSession(user, edge);
  await run('beamd token');
  const endedAt =
    (await createAccountStore({ homes: user.homes, clock: systemClock, env: user.env }).read(parseServer(edge.origin).key))
      ?.endedAt ?? expect.fail('it has not ended');
  const clock = new Date(endedAt * 1000).toLocaleString('sv-SE', { timeZone: READER.TZ }).slice(0, 16);
  const said = (await run('beamd token')).stderr.replace(/\d+ (?:s|min) ago/, 'N ago');
  expect(said).toBe(`Error: Your session on ${edge.origin} ended N ago (${clock})\nRun: beamd login --server ${edge.origin}\n`);
  const { error } = JSON.parse((await run('beamd token --json')).stdout) as { readonly error: { readonly message: string } };
  expect(error.message).toBe(`Your session on ${edge.origin} ended at ${rfc3339(endedAt)}`);
  const ended = await cloud.issueUserToken({ exp: 1_600_000_000 });
  const machine = JSON.stringify({ machine_token: randomToken(), expires_at: '2020-09-13T12:26:40Z', gateway_id: 'gw_1' });
  const given = { RUNBEAM_TOKEN: ended, RUNBEAM_MACHINE_TOKEN: machine };
  const left = { BEAMD_SERVER: edge.origin, BEAMD_TOKEN: ended, BEAMD_TOKEN_EXPIRES_AT: '2020-09-13T12:26:40Z' };
  const seen: unknown[] = [];
  for (const line of [
    'whoami',
    'status',
    'status --check',
    'accounts',
    'exec -- true',
    'token --out t',
    'doctor',
    'credential git get',
  ]) {
    seen.push(...strange(line, await run(`beamd ${line}`)), ...strange(line, await run(`beamd ${line}`, left)));
  }
  for (const line of ['verify', 'changes:list gate', 'gateways:list', 'changes:applied 1']) {
    seen.push(...strange(line, await run(`runbeam ${line}`, given)));
  }
  expect(seen).toEqual([]);
});
