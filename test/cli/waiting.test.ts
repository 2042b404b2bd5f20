/** Whatever waits says so on a terminal, and Ctrl-C ends it there and then, with what was and was not done. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  startBeamAuthEdge,
  startHarmony,
  startRunbeamCloud,
  type BeamAuthEdge,
  PROC,
  processesIn,
  type Faults,
  type Harmony,
  type RunbeamCloud,
} from '../../sandbox/testing.ts';
import { listInstances } from '../../src/store/instances/instances.ts';
import { expireSession, forgetKeySets, logIn, logInToCloud, succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../support/cli-user.ts';
import { gate, until } from '../support/measure.ts';
import { sleptUntilGone } from '../support/slept.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

const keep = cleanup(afterAll);
let edge: BeamAuthEdge;
let cloud: RunbeamCloud;
let gateway: Harmony;
let everywhere: CliUser;
let id: string;

beforeAll(async () => {
  edge = keep(await startBeamAuthEdge());
  cloud = keep(await startRunbeamCloud());
  gateway = keep(await startHarmony({ cloud: cloud.origin }));
  everywhere = keep(createCliUser({ env: environment() }));
  await Promise.all([logIn(everywhere, edge), logInToCloud(everywhere, cloud)]);
  succeeded(await everywhere.runbeam('harmony:add', '-p', String(gateway.port), '-l', 'gw'));
  id = listInstances(everywhere.homes)[0]?.id ?? '';
});

const environment = (): Record<string, string> => ({ RUNBEAM_API_URL: cloud.origin });

interface Interrupted {
  readonly line: string;
  /** Who does not answer. */
  readonly silent?: () => readonly { readonly faults: Faults }[];
  readonly before?: (user: CliUser) => unknown;
  readonly env?: () => Record<string, string>;
  /** What is shown while it waits. */
  readonly waits: string;
  /** What is said once it was interrupted. */
  readonly left: readonly string[];
}

/** What differs between two runs has a name here. */
const named = (text: string): string =>
  text
    .replaceAll(edge.origin, 'EDGE')
    .replaceAll(cloud.origin, 'CLOUD')
    .replaceAll(`127.0.0.1:${String(gateway.port)}`, 'GATEWAY')
    .replaceAll(id, 'ID');

/** The lines that were shown after this one. A slow machine shows others before it, of what is quick elsewhere. */
function afterLast(line: string, terminal: Terminal): string[] {
  const lines = named(terminal.shown()).replaceAll('\r\n', '\n').split('\n');
  return lines.slice(lines.lastIndexOf(line) + 1);
}

const meant = (line: string): string =>
  line
    .replaceAll('EDGE', edge.origin)
    .replaceAll('CLOUD', cloud.origin)
    .replaceAll('GATEWAY', `127.0.0.1:${String(gateway.port)}`);

/** A command line as it is run. */
function wordsOf(line: string): string[] {
  const [bin, ...words] = line.split(' ');
  return [...commandOf(bin === 'runbeam' ? 'runbeam' : 'beamd'), ...words];
}

/** Runs a command line on a terminal, and says at the end how it ended, whatever Ctrl-C does to the shell. */
function onTerminal(user: CliUser, line: string, env: Readonly<Record<string, string>>): Terminal {
  const shell = `trap : INT; ${quoted(wordsOf(line))}; echo "exit $?"`;
  return keep(openTerminal(shell, { cwd: user.work, env: { ...user.env, TERM: 'xterm', ...env }, columns: 200 }));
}

/** Types Ctrl-C. Milliseconds for which the command then waits for anything but a processor; 0 where that cannot be told. */
async function interrupt(user: CliUser, line: string, terminal: Terminal): Promise<number> {
  const words = wordsOf(line).join(' ');
  const [running] = processesIn(user.root, (command) => command === words);
  if (PROC) expect(running).toBeDefined();
  terminal.type('\u0003');
  // The terminal shows it when it has sent the signal.
  await terminal.waitFor(/\^C/);
  return sleptUntilGone(running?.pid ?? 0);
}

const LOGIN_LEFT = ['Interrupted: the login was not finished, and nothing was saved'];
const UNCHANGED = ['Interrupted: nothing was changed'];
const TOKEN_LEFT = ['Interrupted: no token was given; a refresh that was begun goes on'];
const NOT_LOGGED_OUT = 'whose session there may be revoked and is still stored here';
const UNKNOWN = 'Interrupted: gw was asked and had not answered, so whether it did it is not known';
const expired = (user: CliUser): Promise<void> => expireSession(user, edge);
const atGateway = () => [gateway];
const atCloud = () => [cloud];

test.each<Interrupted>([
  { line: 'beamd login --server EDGE', waits: 'Asking EDGE how to log in', left: LOGIN_LEFT },
  {
    line: 'beamd logout',
    waits: 'Logging out of EDGE',
    left: [`Interrupted: you are not logged out of EDGE, ${NOT_LOGGED_OUT}`, 'Run: beamd logout --server EDGE'],
  },
  {
    line: 'beamd logout --all',
    waits: 'Logging out of EDGE',
    left: [`Interrupted: you are not logged out of EDGE, ${NOT_LOGGED_OUT}`, 'Run: beamd logout --server EDGE'],
  },
  {
    line: 'beamd orgs --refresh',
    waits: 'Asking EDGE for your orgs',
    left: ['Interrupted: the list of your orgs here is as it was, unless the agent still brings it up to date'],
  },
  { line: 'beamd token', before: expired, waits: 'Waiting for a fresh token of EDGE', left: TOKEN_LEFT },
  { line: 'beamd exec -- true', before: expired, waits: 'Waiting for a fresh token of EDGE', left: TOKEN_LEFT },
  { line: 'beamd status --check', waits: 'Asking EDGE whether it takes the token', left: UNCHANGED },
  {
    line: 'beamd whoami',
    env: () => ({ BEAMD_TOKEN: 'any', BEAMD_SERVER: edge.origin }),
    waits: 'Asking EDGE whose token BEAMD_TOKEN is',
    left: UNCHANGED,
  },
  { line: 'beamd --config app.yaml', waits: 'Asking EDGE about the key', left: UNCHANGED },
  { line: 'beamd --config app.yaml orgs', waits: 'Asking EDGE about the key', left: UNCHANGED },
  { line: 'beamd --config app.yaml whoami', waits: 'Asking EDGE about the key', left: UNCHANGED },
  { line: 'runbeam login', silent: atCloud, waits: 'Asking CLOUD for a login', left: LOGIN_LEFT },
  { line: 'runbeam verify', before: forgetKeySets, silent: atCloud, waits: 'Asking CLOUD about the token', left: UNCHANGED },
  {
    line: 'runbeam token:get -g gw',
    silent: atCloud,
    waits: 'Asking CLOUD for a machine token of gw',
    left: ['Interrupted: a machine token of gw may still be issued, and is stored then', 'Run: runbeam token:get -g ID'],
  },
  {
    line: 'runbeam token:get -g other --new',
    silent: atCloud,
    waits: 'Asking CLOUD for a machine token of other',
    left: ['Interrupted: a machine token of other may have been issued, and is not kept'],
  },
  ...['info', 'pipelines', 'routes'].map((name) => ({
    line: `runbeam harmony:${name} -l gw`,
    silent: atGateway,
    waits: 'Waiting for gw at GATEWAY',
    left: UNCHANGED,
  })),
  ...['reload', 'update'].map((name) => ({
    line: `runbeam harmony:${name} -l gw`,
    silent: atGateway,
    waits: 'Waiting for gw at GATEWAY',
    left: [UNKNOWN, 'Run: runbeam harmony:info --id ID'],
  })),
  {
    line: 'runbeam harmony:authorize -l gw -y',
    silent: atGateway,
    waits: 'Waiting for gw at GATEWAY',
    left: ['Interrupted: nothing was issued'],
  },
  {
    line: 'runbeam harmony:authorize -l gw -y',
    silent: atCloud,
    waits: 'Authorizing gw at GATEWAY with CLOUD',
    left: [
      'Interrupted: no machine token for gw has arrived yet',
      'Hint: What was begun goes on. A token that still comes is kept: runbeam harmony:authorize --id ID --retry',
    ],
  },
])('$line, interrupted: $left', async ({ line, silent = () => [edge], before, env, waits, left }) => {
  const user = keep(createCliUser({ env: environment(), from: everywhere }));
  await before?.(user);
  writeFileSync(join(user.work, 'app.yaml'), `server: ${edge.origin}\ntoken: ${edge.apiKey}\n`, { mode: 0o600 });
  for (const { faults } of silent()) faults.next('*', { hang: true, times: Infinity });
  try {
    const terminal = onTerminal(user, meant(line), { NO_COLOR: '1', ...env?.() });
    await terminal.waitFor(new RegExp(`${meant(waits)}\r?\n`));
    const slept = await interrupt(user, meant(line), terminal);
    await terminal.waitFor(/exit \d+/);
    // 100 ms are promised, and it is 60 at most where there is time: other threads of it may wait for a processor, too. What is
    // waited for in spite of Ctrl-C, as once an agent was, has a deadline of 1.5 s or more.
    expect(slept).toBeLessThan(1_000);
    expect(afterLast(waits, terminal)).toEqual([`^C\r${left[0] ?? ''}`, ...left.slice(1), 'exit 130', '']);
  } finally {
    for (const { faults } of silent()) faults.clear();
    await user.close();
  }
});

test('a machine token that was issued is kept when Ctrl-C comes before it is delivered', async () => {
  const user = keep(createCliUser({ env: environment(), from: everywhere }));
  const shown = gate();
  cloud.faults.next('POST /harmony/authorize', { hold: shown.passed });
  const terminal = onTerminal(user, 'runbeam harmony:authorize -l gw -y', { NO_COLOR: '1' });
  await terminal.waitFor(/Authorizing gw/);
  const asked = gateway.counters.requests['POST /admin/token'] ?? 0;
  gateway.faults.next('POST /admin/token', { hang: true });
  shown.open();
  await until(() => (gateway.counters.requests['POST /admin/token'] ?? 0) > asked);
  terminal.type('\u0003');
  await terminal.waitFor(/exit \d+/);
  expect(afterLast('Authorizing gw at GATEWAY with CLOUD', terminal)).toEqual([
    '^C\rInterrupted: a machine token was issued and is kept; it is not delivered yet',
    'Run: runbeam harmony:authorize --id ID --retry',
    'exit 130',
    '',
  ]);
});

test('a spinner turns where colours are, and leaves nothing behind', async () => {
  const user = keep(createCliUser({ env: environment(), from: everywhere }));
  gateway.faults.next('*', { hang: true, times: Infinity });
  try {
    const terminal = onTerminal(user, 'runbeam harmony:info -l gw', {});
    await terminal.waitFor(/Waiting for gw at 127/);
    terminal.type('\u0003');
    await terminal.waitFor(/exit \d+/);
    const last = stripVTControlCharacters(terminal.shown())
      .split('\n')
      .map((line) => line.split('\r').filter(Boolean).at(-1));
    expect(last.slice(-3)).toEqual(['Interrupted: nothing was changed', 'exit 130', undefined]);
  } finally {
    gateway.faults.clear();
  }
});

test.each([{ TERM: 'dumb' }, { CI: 'true', TERM: 'dumb' }])('nothing is shown of it with %o', async (env) => {
  const user = keep(createCliUser({ env: environment(), from: everywhere }));
  gateway.faults.next('*', { hang: true, times: Infinity });
  try {
    const before = gateway.counters.requests['GET /admin/info'] ?? 0;
    const terminal = onTerminal(user, 'runbeam harmony:info -l gw', env);
    await until(() => (gateway.counters.requests['GET /admin/info'] ?? 0) > before);
    terminal.type('\u0003');
    await terminal.waitFor(/exit \d+/);
    expect(terminal.shown()).toBe('^CInterrupted: nothing was changed\r\nexit 130\r\n');
  } finally {
    gateway.faults.clear();
  }
});
