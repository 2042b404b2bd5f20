/** The `beamd` half: two hosted edges, one self-hosted, one API key. */
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from '../index.ts';
import { expectThat, type Terminal } from './terminal.ts';

/** Seconds the first access token of the OAuth edge lives: it has to end before the eyes of the audience. */
export const FIRST_TOKEN_LIFE = 4;
const PROCESSES = 20;

export async function hostedEdge(terminal: Terminal, { beamAuth }: Sandbox): Promise<void> {
  terminal.chapter('A hosted edge: log in once, act for every org');
  await terminal.logIn(['login', '--server', beamAuth.controlPlane], beamAuth, { shows: [beamAuth.origin] });
  await terminal.beamd(['orgs'], { shows: ['alice', 'acme', 'widgets'] });
  await terminal.beamd(['default', 'acme'], { shows: ['acme'] });
  await terminal.beamd(['default', 'nope'], { code: 6, shows: ['nope', 'acme'] });
  await terminal.beamd(['whoami'], { shows: ['alice@example.com', 'acme'] });
  const { stdout } = await terminal.beamd(['token'], { shorten: /\S+/g });
  const answer = await fetch(`${beamAuth.origin}/api/scopes`, { headers: { authorization: `Bearer ${stdout.trim()}` } });
  terminal.note(`the edge answers ${answer.status} to this token`);
  expectThat(answer.status === 200, 'the edge to accept the token');
  await terminal.beamd(['agent', 'status'], { shows: [/pid|running/i] });
}

export async function project(terminal: Terminal, { beamAuth }: Sandbox, folder: string): Promise<void> {
  terminal.chapter('A project pins its edge and its org, in a file to commit');
  await terminal.beamd(['link', '--server', beamAuth.origin, '--scope', 'widgets'], { shows: ['.beamd'] });
  const pin = readFileSync(join(folder, '.beamd'), 'utf8');
  for (const line of pin.trimEnd().split('\n')) terminal.note(`.beamd: ${line}`);
  expectThat(/scope: "?widgets/.test(pin) && !pin.includes('token'), '.beamd to name the org and no token');
  const script = 'echo "acting for $BEAMD_SCOPE on $BEAMD_SERVER with a token of ${#BEAMD_TOKEN} characters"';
  const shows = [`acting for widgets on ${beamAuth.origin} with a token of 36 characters`];
  await terminal.beamd(['exec', '--', 'sh', '-c', script], { shows });
}

export async function oauthEdge(terminal: Terminal, { oauth }: Sandbox): Promise<void> {
  terminal.chapter('A second edge, standard OAuth: one agent refreshes, however many processes ask');
  await terminal.logIn(['login', '--server', oauth.origin], oauth, { shows: [oauth.origin] });
  oauth.setExpiresIn(3600);
  await terminal.beamd(['accounts'], { shows: [oauth.origin] });
  terminal.note(`the access token lived ${FIRST_TOKEN_LIFE} s and ends now`);
  await sleep(FIRST_TOKEN_LIFE * 1000);
  const results = await terminal.atOnce(PROCESSES, 'beamd', ['token', '--server', oauth.origin]);
  const tokens = new Set(results.filter(({ code }) => code === 0).map(({ stdout }) => stdout.trim()));
  const good = results.filter(({ code, stdout }) => code === 0 && stdout.trim() !== '').length;
  const { refreshes } = oauth.counters;
  const same = tokens.size === 1 ? 'the same' : `${tokens.size} different ones`;
  terminal.note(`${good} of ${PROCESSES} got a token, ${same}; refreshes that the server saw: ${refreshes}`);
  expectThat(good === PROCESSES && tokens.size === 1, `${PROCESSES} times the same token`);
  expectThat(refreshes === 1, `one refresh, not ${refreshes}`);
}

export async function selfHostedEdge(terminal: Terminal, { selfHosted }: Sandbox): Promise<void> {
  terminal.chapter('A self-hosted edge: a static token, from standard input');
  const server = ['--server', selfHosted.origin];
  await terminal.beamd(['login', ...server], { code: 4, shows: ['--token'] });
  const stdin = { name: 'EDGE_TOKEN', value: selfHosted.token };
  await terminal.beamd(['login', ...server, '--token', '-'], { stdin, shows: [selfHosted.origin] });
  await terminal.beamd(['orgs', ...server], { shows: [/self-hosted/i] });
}

export async function apiKey(terminal: Terminal, { beamAuth }: Sandbox, folder: string): Promise<void> {
  terminal.chapter('CI: an API key in a file, no login at all');
  writeFileSync(join(folder, 'app.yaml'), `server: ${beamAuth.origin}\ntoken: ${beamAuth.apiKey}\n`, { mode: 0o600 });
  terminal.note('app.yaml holds server: and token:');
  await terminal.beamd(['--config', 'app.yaml'], { shows: [beamAuth.workspace.name] });
  await terminal.beamd(['whoami', '--config', 'app.yaml'], { shows: ['acme'] });
}

export async function goodbye(terminal: Terminal, { beamAuth, oauth }: Sandbox): Promise<void> {
  terminal.chapter('Log out everywhere: sessions end on the servers, too');
  await terminal.beamd(['logout', '--all'], { shows: [beamAuth.origin, oauth.origin] });
  const left = beamAuth.liveSessions() + oauth.liveSessions();
  terminal.note(`sessions left on the edges: ${left}`);
  expectThat(left === 0, 'no session left on the edges');
  await terminal.beamd(['whoami'], { code: 4, shows: ['beamd login'] });
}
