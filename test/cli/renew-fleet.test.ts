/** Many machine tokens renewed in one run, as cron does it: what is printed, waits, trouble, interruptions, and that each is renewed once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunbeamCloud } from '../../sandbox/testing.ts';
import { systemClock } from '../../src/clock.ts';
import type { RenewJson } from '../../src/cli/json/runbeam/renewals.ts';
import { addToLedger, readLedger } from '../../src/store/instances/token-ledger.ts';
import { cleanup } from '../support/cleanup.ts';
import { startCloudUser } from '../support/cloud.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { expectCli, fitting, json } from '../support/expect-cli.ts';
import { ISSUES, register, startFleet, type Fleet } from '../support/fleet.ts';
import { orphans } from '../support/fleet-report.ts';
import { succeeded } from '../support/login.ts';
import { gate } from '../support/measure.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
const DAY = 86_400_000;
let everywhere: CliUser;
let cloud: RunbeamCloud;

beforeAll(async () => {
  ({ cloud, user: everywhere } = await startCloudUser(keepForAll));
});

interface Scene {
  readonly user: CliUser;
  readonly fleet: Fleet;
  /** Tokens that the cloud has issued since. */
  readonly issued: () => ReturnType<RunbeamCloud['issued']>;
}

/** A fleet whose machine tokens all end in so many days. */
async function scene(count: number, days = 3): Promise<Scene> {
  cloud.faults.clear();
  const fleet = keep(await startFleet({ count }));
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin }, from: everywhere }));
  register(user, fleet);
  succeeded(await user.runbeam('harmony:authorize', '--all'));
  const expiresAt = new Date(Date.now() + days * DAY).toISOString();
  const ends = readLedger(user.homes).map(({ serial }) => ({ serial, expiresAt }));
  await addToLedger({ homes: user.homes, clock: systemClock }, ends);
  const before = cloud.issued().length;
  return { user, fleet, issued: () => cloud.issued().slice(before) };
}

const renew = async (user: CliUser, args: string, code: number): Promise<RenewJson> =>
  (await json(user, 'runbeam:harmony:renew', `runbeam harmony:renew ${args}`, code)) as RenewJson;

const time = (text: string): string => text.replaceAll(/in 30 days \(.*?\)/g, 'in 30 days (TIME)');

test('in a pipe: a line for each on stderr, a table on stdout; one that fails stops no other', async () => {
  const { user, fleet } = await scene(3);
  cloud.faults.next(ISSUES, { status: 403, json: { message: 'no' } });
  const { code, stdout, stderr } = await user.runbeam('harmony:renew', '--due', '5d', '--concurrency', '1');
  const host = new URL(cloud.origin).host;
  expect({ code, stdout: time(stdout), stderr: time(stderr) }).toEqual({
    code: 7,
    stdout:
      'GATEWAY   OUTCOME  DETAIL\n' +
      `gw-00000  failed   ${host} refused the request (403)\n` +
      'gw-00001  renewed  ends in 30 days (TIME)\n' +
      'gw-00002  renewed  ends in 30 days (TIME)\n' +
      `! 2 of 3 machine tokens renewed with ${cloud.origin}, 1 failed\n` +
      'Where it did not go well the old token stays; a new one that was not delivered is kept, and delivered next time\n' +
      'Run: runbeam harmony:renew --due 5d\n',
    stderr:
      `✗ gw-00000  failed: ${host} refused the request (403)\n` +
      '✓ gw-00001  renewed: ends in 30 days (TIME)\n' +
      '✓ gw-00002  renewed: ends in 30 days (TIME)\n',
  });
  // Run again as it says, only what is left is done.
  expect((await renew(user, '--due 5d', 0)).counts).toMatchObject({ total: 1, renewed: 1 });
  expect([...fleet.tokens.values()].map((tokens) => tokens.length)).toEqual([2, 2, 2]);
});

test('--jsonl: a line for each, for a wait that holds for all, and for the end', async () => {
  const { user } = await scene(2);
  cloud.faults.next(ISSUES, { status: 429, headers: { 'retry-after': '1' } });
  const { code, stdout, stderr } = await user.runbeam('harmony:renew', '--all', '--jsonl', '--concurrency', '1');
  const lines = stdout.trimEnd().split('\n');
  const values = lines.map((line) => fitting('runbeam:harmony:renew.jsonl', line) as Record<string, unknown>);
  const events = values.map(({ event, outcome, done, seconds, counts }) => ({ event, outcome, done, seconds, counts }));
  expect({ code, stderr, events }).toEqual({
    code: 0,
    stderr: '',
    events: [
      { event: 'wait', seconds: 1 },
      { event: 'gateway', outcome: 'renewed', done: 1 },
      { event: 'gateway', outcome: 'renewed', done: 2 },
      { event: 'end', counts: { total: 2, renewed: 2, delivered: 0, undelivered: 0, failed: 0, left: 0, perhaps_issued: 0 } },
    ],
  });
});

test('a session that is refused ends the run at once: exit 4, and the old tokens stay', async () => {
  const { user, fleet } = await scene(4);
  cloud.faults.next(ISSUES, { status: 401, json: {}, times: Infinity });
  const { counts, stopped, resume, renewals } = await renew(user, '--all --concurrency 1', 4);
  expect({ counts, stopped, resume, outcomes: renewals.map(({ outcome }) => outcome) }).toEqual({
    counts: { total: 4, renewed: 0, delivered: 0, undelivered: 0, failed: 1, left: 3, perhaps_issued: 0 },
    stopped: { code: 'token_rejected', message: `${new URL(cloud.origin).host} rejected the session`, hint: 'runbeam login' },
    resume: 'runbeam harmony:renew --due 29d',
    outcomes: ['failed', 'left', 'left', 'left'],
  });
  expect([...fleet.tokens.values()].map((tokens) => tokens.length)).toEqual([1, 1, 1, 1]);
});

test('two at once renew each once', async () => {
  const { user, fleet, issued } = await scene(6);
  const both = await Promise.all([0, 1].map(() => user.runbeam('harmony:renew', '--due', '5d', '--json')));
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(issued()).toHaveLength(6);
  expect([...fleet.tokens.values()].map((tokens) => tokens.length)).toEqual([2, 2, 2, 2, 2, 2]);
});

test('Ctrl-C: what is under way comes to its end, nothing else is begun, and the command that it names does the rest', async () => {
  const { user, fleet, issued } = await scene(16);
  const held = gate();
  cloud.faults.next(ISSUES, { times: 3 });
  cloud.faults.next(ISSUES, { hold: held.passed, times: Infinity });
  const run = user.start('runbeam', ['harmony:renew', '--all', '--concurrency', '4']);
  await run.waitFor(/gw-\d+ {2}renewed/);
  run.kill('SIGINT');
  await run.waitFor(/under way/);
  held.open();
  const { code, stdout } = await run.done;
  expect([code, stdout]).toEqual([
    130,
    expect.stringMatching(
      /\n! Interrupted: \d+ of 16 machine tokens renewed with \S+, \d+ left\nRun: runbeam harmony:renew --due 29d\n$/,
    ),
  ]);
  cloud.faults.clear();
  await renew(user, '--due 29d', 0);
  expect(issued()).toHaveLength(16);
  expect([...fleet.tokens.values()].every((tokens) => tokens.length === 2)).toBe(true);
  expect(orphans({ user, fleet, issued: issued() })).toEqual([]);
});

test('what is for many is refused of one', async () => {
  const { user } = await scene(1);
  await expectCli(user, 'runbeam harmony:renew gw-00000 --jsonl', {
    code: 2,
    stderr: 'Error: --jsonl and --concurrency are for many gateways\nHint: Give --due 5d, or --all\n',
  });
});
