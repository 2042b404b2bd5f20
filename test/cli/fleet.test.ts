/** Many gateways in one run: what is printed, exit codes, trouble, interruptions, and that no token is lost. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHarmony, type RunbeamCloud } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { startCloudUser } from '../support/cloud.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { expectCli, fitting, json } from '../support/expect-cli.ts';
import { ISSUES, register, spoilCloud, startFleet, type Fleet, type FleetOptions } from '../support/fleet.ts';
import { orphans, type Report } from '../support/fleet-report.ts';
import { gate } from '../support/measure.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
let everywhere: CliUser;
let cloud: RunbeamCloud;

beforeAll(async () => {
  ({ cloud, user: everywhere } = await startCloudUser(keepForAll));
});

interface Scene {
  readonly user: CliUser;
  readonly fleet: Fleet;
}

/** A user who is logged in and has registered a fleet. */
async function scene(options: FleetOptions): Promise<Scene> {
  cloud.faults.clear();
  const fleet = keep(await startFleet(options));
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin }, from: everywhere }));
  register(user, fleet);
  return { user, fleet };
}

/** Authorizes with `--json`. */
async function report(user: CliUser, args: string, code: number): Promise<Report> {
  return (await json(user, 'runbeam:harmony:authorize', `runbeam harmony:authorize ${args}`, code)) as Report;
}

const issuedSince = (count: number): number => cloud.issued().length - count;

describe('which gateways', () => {
  test('those that fit, each once, and no other', async () => {
    const { user, fleet } = await scene({ count: 12 });
    const { counts, gateways } = await report(user, '--match gw-0001*,gw-00003,gw-00010', 0);
    expect(counts).toEqual({ total: 3, authorized: 3, undelivered: 0, failed: 0, left: 0, perhaps_issued: 0 });
    expect(gateways.map(({ instance }) => instance.label)).toEqual(['gw-00003', 'gw-00010', 'gw-00011']);
    expect([...fleet.tokens.keys()].sort()).toEqual(['127.1.0.11', '127.1.0.12', '127.1.0.4']);
  });

  test('a name that none has is said, with the one that was meant', async () => {
    const { user } = await scene({ count: 2 });
    await expectCli(user, 'runbeam harmony:authorize --match gw-0001', {
      code: 2,
      stderr: 'Error: No instance has a label like gw-0001; did you mean gw-00001?\nRun: runbeam harmony:list\n',
    });
    await expectCli(user, 'runbeam harmony:authorize --match x*', {
      code: 2,
      stderr: 'Error: No instance has a label like x*\nRun: runbeam harmony:list\n',
    });
  });

  test('one and many at once are refused, and so is what is for many alone', async () => {
    const { user } = await scene({ count: 1 });
    await expectCli(user, 'runbeam harmony:authorize --all -l gw-00000', {
      code: 2,
      stderr: 'Error: One gateway is named, and many are\nHint: Give a name, or --all, --match, --file or --resume\n',
    });
    await expectCli(user, 'runbeam harmony:authorize -l gw-00000 --jsonl', {
      code: 2,
      stderr: "Error: --jsonl and --concurrency are for many gateways\nHint: Give --all, or --match 'prod-*'\n",
    });
    await expectCli(user, 'runbeam harmony:authorize --resume', {
      code: 2,
      stderr: 'Error: No run over several gateways was left unfinished\nRun: runbeam harmony:tokens\n',
    });
  });

  test('the session is handed to none of them without a yes', async () => {
    const { user } = await scene({ count: 3 });
    await expectCli(user, 'runbeam harmony:authorize --all --via harmony', {
      code: 2,
      stderr:
        'Error: Your session would be handed to 3 gateways, and nobody is there to agree\nHint: Give -y to do it without being asked\n',
    });
  });
});

test('in a pipe: a line for each on stderr, a table on stdout', async () => {
  const { user } = await scene({ count: 2 });
  const { code, stdout, stderr } = await user.runbeam('harmony:authorize', '--all', '--concurrency', '1');
  const time = (text: string): string => text.replaceAll(/in 30 days \(.*?\)/g, 'in 30 days (TIME)');
  expect({ code, stdout: time(stdout), stderr: time(stderr) }).toEqual({
    code: 0,
    stdout:
      'GATEWAY   OUTCOME     DETAIL\n' +
      'gw-00000  authorized  ends in 30 days (TIME)\n' +
      'gw-00001  authorized  ends in 30 days (TIME)\n' +
      `✓ 2 of 2 gateways authorized with ${cloud.origin}\n`,
    stderr: '✓ gw-00000  authorized: ends in 30 days (TIME)\n✓ gw-00001  authorized: ends in 30 days (TIME)\n',
  });
});

test('--jsonl: a line for each, for a wait, and for the end', async () => {
  const { user } = await scene({ count: 2 });
  cloud.faults.next(ISSUES, { status: 429, headers: { 'retry-after': '1' } });
  const { code, stdout, stderr } = await user.runbeam('harmony:authorize', '--all', '--jsonl', '--concurrency', '1');
  const lines = stdout.trimEnd().split('\n');
  const values = lines.map((line) => fitting('runbeam:harmony:authorize.jsonl', line) as Record<string, unknown>);
  expect({ code, stderr, events: values.map(({ event, done, seconds, counts }) => ({ event, done, seconds, counts })) }).toEqual({
    code: 0,
    stderr: '',
    events: [
      { event: 'wait', seconds: 1 },
      { event: 'gateway', done: 1 },
      { event: 'gateway', done: 2 },
      { event: 'end', counts: { total: 2, authorized: 2, undelivered: 0, failed: 0, left: 0, perhaps_issued: 0 } },
    ],
  });
});

test('nothing is asked before the time that the cloud says', async () => {
  const { user } = await scene({ count: 3 });
  cloud.faults.next(ISSUES, { status: 429, headers: { 'retry-after': '2' } });
  const before = cloud.log.length;
  await report(user, '--all --concurrency 1', 0);
  const asked = cloud.log.slice(before).filter(({ route }) => route === ISSUES);
  expect(asked.map(({ status }) => status)).toEqual([429, 200, 200, 200]);
  expect((asked[1]?.at ?? 0) - (asked[0]?.at ?? 0)).toBeGreaterThanOrEqual(1_999);
});

describe('exit codes', () => {
  test('4, and the run is given up at once, where the cloud refuses the session', async () => {
    const { user } = await scene({ count: 5 });
    cloud.faults.next(ISSUES, { status: 401, json: {}, times: Infinity });
    const { counts, stopped, resume } = await report(user, '--all --concurrency 1', 4);
    expect({ counts, stopped, resume }).toEqual({
      counts: { total: 5, authorized: 0, undelivered: 0, failed: 1, left: 4, perhaps_issued: 0 },
      stopped: { code: 'token_rejected', message: `${new URL(cloud.origin).host} rejected the session`, hint: 'runbeam login' },
      resume: 'runbeam harmony:authorize --resume',
    });
  });

  test('5 where no gateway can be reached; 7 where one is authorized and another is not', async () => {
    const { user, fleet } = await scene({ count: 2 });
    const before = cloud.issued().length;
    await fleet.close();
    expect((await report(user, '--all', 5)).counts).toMatchObject({ failed: 2, authorized: 0 });
    // Nothing was asked for that nobody could take.
    expect(issuedSince(before)).toBe(0);
    const harmony = keep(await startHarmony());
    await user.runbeam('harmony:add', '-p', String(harmony.port), '-l', 'there');
    expect((await report(user, '--all', 7)).counts).toMatchObject({ failed: 2, authorized: 1 });
  });

  test('6 where all could only be handed the session', async () => {
    const harmony = keep(await startHarmony({ version: '0.4' }));
    const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin }, from: everywhere }));
    await user.runbeam('harmony:add', '-p', String(harmony.port), '-l', 'old');
    expect((await report(user, '--all', 6)).gateways.map(({ problem }) => problem?.code)).toEqual(['forbidden']);
  });
});

test('trouble everywhere: --resume ends it, and every token is at its gateway or told of', async () => {
  const { user, fleet } = await scene({ count: 30, trouble: 0.1 });
  const before = cloud.issued().length;
  spoilCloud(cloud.faults, 200);
  const ran = await user.runbeam('harmony:authorize', '--all', '--json');
  const first = fitting('runbeam:harmony:authorize', ran.stdout) as Report;
  fleet.heal();
  cloud.faults.clear();
  if (first.resume !== undefined) await report(user, '--resume', 0);
  expect(orphans({ user, fleet, issued: cloud.issued().slice(before) })).toEqual([]);
  expect(fleet.tokens.size).toBe(30);
  // Nothing is left of the run.
  await expectCli(user, 'runbeam harmony:authorize --resume', {
    code: 2,
    stderr: 'Error: No run over several gateways was left unfinished\nRun: runbeam harmony:tokens\n',
  });
});

test('Ctrl-C: what is under way comes to its end, nothing else is begun, and --resume does the rest', async () => {
  const { user, fleet } = await scene({ count: 24 });
  const before = cloud.issued().length;
  const held = gate();
  cloud.faults.next(ISSUES, { times: 3 });
  cloud.faults.next(ISSUES, { hold: held.passed, times: Infinity });
  const run = user.start('runbeam', ['harmony:authorize', '--all', '--concurrency', '4']);
  await run.waitFor(/gw-\d+ {2}authorized/);
  run.kill('SIGINT');
  await run.waitFor(/under way/);
  held.open();
  const { code, stdout } = await run.done;
  expect(code).toBe(130);
  expect(stdout).toMatch(
    /\n! Interrupted: \d+ of 24 gateways authorized with \S+, \d+ left\nRun: runbeam harmony:authorize --resume\n$/,
  );
  // All that was issued has arrived.
  expect(fleet.tokens.size).toBe(issuedSince(before));
  cloud.faults.clear();
  await report(user, '--resume', 0);
  expect(issuedSince(before)).toBe(24);
  expect([...fleet.tokens.values()].map((tokens) => tokens.length)).toEqual(Array.from({ length: 24 }, () => 1));
});

test('kill -9: --resume goes on, and what was perhaps issued is told', async () => {
  const { user, fleet } = await scene({ count: 16 });
  const before = cloud.issued().length;
  const run = user.start('runbeam', ['harmony:authorize', '--all', '--concurrency', '4']);
  await run.waitFor(/gw-\d+ {2}authorized/);
  run.kill('SIGKILL');
  await run.done;
  await report(user, '--resume', 0);
  expect(fleet.tokens.size).toBe(16);
  expect(orphans({ user, fleet, issued: cloud.issued().slice(before) })).toEqual([]);
});

test('only one run at a time', async () => {
  const { user } = await scene({ count: 2 });
  const held = gate();
  cloud.faults.next(ISSUES, { hold: held.passed });
  const run = user.start('runbeam', ['harmony:authorize', '--all', '--concurrency', '1']);
  await cloud.answered('GET /api/harmony/base-url');
  await expectCli(user, 'runbeam harmony:authorize --all', {
    code: 1,
    stderr: 'Error: Another run over several gateways is under way\nHint: Wait for its end, or end it with Ctrl-C\n',
  });
  held.open();
  expect((await run.done).code).toBe(0);
});
