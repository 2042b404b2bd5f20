/** The life of machine tokens with whole programs: listed, renewed, revoked; answers that are lost, and programs that are killed. */
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, type TestContext } from 'vitest';
import type { Harmony, RunbeamCloud } from '../../sandbox/testing.ts';
import { systemClock } from '../../src/clock.ts';
import { findInstanceKey } from '../../src/store/instances/instance-key.ts';
import { listInstances, type Instance } from '../../src/store/instances/instances.ts';
import { loadMachineToken } from '../../src/store/instances/machine-token.ts';
import { addToLedger, readLedger } from '../../src/store/instances/token-ledger.ts';
import { agentLog, ledgerFile, pendingTokenFile } from '../../src/store/paths.ts';
import { parseServer } from '../../src/store/server.ts';
import { isRoot } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { startAuthorized } from '../support/cloud.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { fill, free, mountDisk } from '../support/disk.ts';
import { fitting } from '../support/expect-cli.ts';
import { logInToCloud, succeeded } from '../support/login.ts';

const keep = cleanup(afterAll);
const DAY = 86_400_000;
const ASK = 'POST /api/harmony/authorize';
const DELIVER = 'POST /admin/token';

let cloud: RunbeamCloud;
let gateway: Harmony;
let user: CliUser;

beforeAll(async () => {
  ({ cloud, gateway, user } = await startAuthorized(keep, 'gate'));
});

beforeEach(() => {
  cloud.faults.clear();
  gateway.faults.clear();
});

const gate = (of: CliUser = user): Instance => listInstances(of.homes)[0] ?? expect.fail('no gateway');
const states = (of: CliUser = user): string[] => readLedger(of.homes).map(({ state }) => state);

/** The token that is stored, opened with its key: it is whole and readable. */
async function stored(of: CliUser = user): Promise<string | undefined> {
  const key = await findInstanceKey({ homes: of.homes, clock: systemClock }, gate(of).id, {});
  return key && (await loadMachineToken(of.homes, gate(of).id, key))?.machineToken.reveal();
}

const atGateway = async (): Promise<unknown> => {
  const token = await gateway.storedToken();
  return typeof token === 'object' && token !== null && 'machine_token' in token ? token.machine_token : token;
};

/** Moves the end of the token in force. */
async function endsIn(days: number, of: CliUser = user): Promise<void> {
  const { serial } = readLedger(of.homes).findLast(({ state }) => state === 'delivered') ?? expect.fail('none was delivered');
  const expiresAt = new Date(Date.now() + days * DAY).toISOString();
  await addToLedger({ homes: of.homes, clock: systemClock }, [{ serial, expiresAt }]);
}

async function rows(...words: string[]): Promise<{ standing: string; expires_at?: string }[]> {
  const { stdout } = succeeded(await user.runbeam('harmony:tokens', '--json', ...words));
  return (fitting('runbeam:harmony:tokens', stdout) as { tokens: { standing: string }[] }).tokens;
}

const standings = async (...words: string[]): Promise<string[]> => (await rows(...words)).map(({ standing }) => standing);

test('nothing due: exit 0 and one line; in time: a new token at the gateway, the old one replaced', async () => {
  const [first] = cloud.issued();
  expect(await user.runbeam('harmony:renew', '--due', '5d')).toEqual({
    code: 0,
    stdout: 'No machine token is due\n',
    stderr: '',
  });
  expect(await user.runbeam('harmony:tokens', '--due', '5d')).toEqual({
    code: 0,
    stdout: 'No machine token is due\n',
    stderr: '',
  });
  expect(await standings()).toEqual(['live']);
  await endsIn(4);
  expect(await standings('--due', '5d')).toEqual(['live']);
  const renewed = succeeded(await user.runbeam('harmony:renew', '--due', '5d', '--json'));
  const [, second] = cloud.issued();
  expect(fitting('runbeam:harmony:renew', renewed.stdout)).toEqual({
    cloud: cloud.origin,
    counts: { total: 1, renewed: 1, delivered: 0, undelivered: 0, failed: 0, left: 0, perhaps_issued: 0 },
    interrupted: false,
    renewals: [{ instance: expect.objectContaining({ label: 'gate' }), outcome: 'renewed', expires_at: second?.expiresAt }],
  });
  expect([await stored(), await atGateway()]).toEqual([second?.machineToken, second?.machineToken]);
  expect(await rows('--all')).toMatchObject([{ standing: 'replaced' }, { standing: 'live', expires_at: second?.expiresAt }]);
  // Nothing of either token is in the ledger.
  const ledger = readFileSync(ledgerFile(user.homes), 'utf8');
  expect([first, second].map((issued) => ledger.includes(issued?.machineToken ?? 'none'))).toEqual([false, false]);
  expect(statSync(ledgerFile(user.homes)).mode & 0o777).toBe(0o600);
});

test('by name, by label, by id and all; a name and a span at once are refused', async () => {
  for (const words of [['gate'], ['-l', 'gate'], ['--id', gate().id], ['--all'], []]) {
    const before = cloud.issued().length;
    expect((await user.runbeam('harmony:renew', ...words)).stdout).toMatch(/^✓ gate {2}renewed; ends in 30 days \(.*\)\n$/);
    expect(cloud.issued()).toHaveLength(before + 1);
  }
  expect(await user.runbeam('harmony:renew', 'gate', '--due', '5d')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'Error: Give a name, or --due or --all\nRun: runbeam harmony:renew --due 5d\n',
  });
  expect((await user.runbeam('harmony:renew', 'gat')).code).toBe(2);
});

test('two at once renew once', async () => {
  await endsIn(3);
  const before = cloud.issued().length;
  const both = await Promise.all([0, 1].map(() => user.runbeam('harmony:renew', '--due', '5d')));
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(cloud.issued()).toHaveLength(before + 1);
  expect([await stored(), await atGateway()]).toEqual([cloud.issued().at(-1)?.machineToken, await stored()]);
});

test('a gateway that is away: the new token is kept, the old one stays, exit 7; what is kept is delivered first', async () => {
  const old = await stored();
  await endsIn(2);
  gateway.faults.next(DELIVER, { status: 503, times: Infinity });
  const { code, stdout } = await user.runbeam('harmony:renew', '--due', '5d');
  expect([code, stdout]).toEqual([
    7,
    expect.stringMatching(/^! gate {2}not delivered: .*The new token is kept, the old one stays\nRun: /),
  ]);
  expect([await stored(), await atGateway(), await standings()]).toEqual([old, old, ['live', 'undelivered']]);
  gateway.faults.clear();
  const issued = cloud.issued().length;
  expect((await user.runbeam('harmony:renew', '--due', '1h')).stdout).toMatch(/^✓ gate {2}got the token that was kept for it; /);
  expect([cloud.issued().length, await stored(), await standings()]).toEqual([
    issued,
    cloud.issued().at(-1)?.machineToken,
    ['live'],
  ]);
});

test('a cloud that refuses: the old token stays, and the exit code is that of the refusal', async () => {
  const old = await stored();
  cloud.faults.next(ASK, { status: 403, json: { message: 'no' } });
  const { code, stdout } = await user.runbeam('harmony:renew', 'gate');
  expect([code, stdout]).toEqual([6, expect.stringMatching(/^✗ gate {2}not renewed: .*The old token stays\n/)]);
  expect([await stored(), states().at(-1), await standings()]).toEqual([old, 'refused', ['live']]);
});

test('an answer that is lost after the request is one that was perhaps issued', async () => {
  const old = await stored();
  const before = cloud.issued().length;
  cloud.faults.next(ASK, { lose: true });
  const { code, stdout } = await user.runbeam('harmony:renew', 'gate');
  expect([code, stdout]).toEqual([5, expect.stringMatching(/^✗ gate {2}not renewed: /)]);
  expect([cloud.issued().length, await stored(), await atGateway()]).toEqual([before + 1, old, old]);
  expect(await standings()).toEqual(['live', 'perhaps_issued']);
  expect((await user.runbeam('harmony:tokens')).stdout).toContain('perhaps issued\n');
  expect(await user.runbeam('harmony:tokens')).toMatchObject({ code: 0, stderr: '' });
});

describe('killed with all that works for it', () => {
  /** Where the programs are held, and what is left when they are killed there: of the ledger, and of the token that waits. */
  test.each([
    ['before the cloud was asked', 'cloud', { delay: new Promise(() => undefined) }, 'asked', false],
    ['after the cloud has issued', 'cloud', { hold: new Promise(() => undefined) }, 'asked', false],
    ['before the gateway has it', 'gateway', { delay: new Promise(() => undefined) }, 'issued', true],
    ['after the gateway has it', 'gateway', { hold: new Promise(() => undefined) }, 'issued', true],
  ] as const)('%s, the old token is in force and readable, and a renewal goes on', async (_, where, fault, state, isKept) => {
    const [old, before] = [await stored(), cloud.issued().length];
    const server = where === 'cloud' ? cloud : gateway;
    const route = where === 'cloud' ? ASK : DELIVER;
    server.faults.next(route, fault);
    const reached = server.counters.requests[route] ?? 0;
    const renewing = user.start('runbeam', ['harmony:renew', 'gate']);
    await expect.poll(() => server.counters.requests[route], { timeout: 60_000 }).toBe(reached + 1);
    if ('hold' in fault && where === 'cloud')
      await expect.poll(() => cloud.issued().length, { timeout: 60_000 }).toBe(before + 1);
    renewing.kill('SIGKILL');
    for (const { pid } of user.background('agent', 'worker')) process.kill(pid, 'SIGKILL');
    await renewing.done;
    await expect.poll(() => user.background('agent', 'worker'), { timeout: 60_000 }).toEqual([]);
    expect([await stored(), states().at(-1), existsSync(pendingTokenFile(user.homes, gate().id))]).toEqual([old, state, isKept]);
    const issued = cloud.issued().length;
    const again = await user.runbeam('harmony:renew', 'gate');
    expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(isKept ? /got the token/ : /renewed/)]);
    expect(cloud.issued()).toHaveLength(isKept ? issued : issued + 1);
    expect([await stored(), await atGateway()]).toEqual([cloud.issued().at(-1)?.machineToken, await stored()]);
  });
});

test('where the ledger cannot be written the cloud is not asked', async (context: TestContext) => {
  const other = cleanup(context.onTestFinished)(createCliUser({ from: user, env: { RUNBEAM_API_URL: cloud.origin } }));
  const before = cloud.issued().length;
  writeFileSync(join(other.work, 'elsewhere'), '');
  const { rmSync, symlinkSync } = await import('node:fs');
  rmSync(ledgerFile(other.homes));
  symlinkSync(join(other.work, 'elsewhere'), ledgerFile(other.homes));
  const { code, stderr } = await other.runbeam('harmony:authorize', 'gate', '-y');
  expect([code, stderr]).toEqual([6, expect.stringContaining(ledgerFile(other.homes))]);
  expect((await other.runbeam('harmony:tokens')).code).toBe(6);
  expect((await other.runbeam('harmony:list')).code).toBe(0);
  expect(cloud.issued()).toHaveLength(before);
});

test.runIf(isRoot)(
  'on a full disk the cloud is not asked, and a token that is kept is not lost',
  async (context: TestContext) => {
    const keepIt = cleanup(context.onTestFinished);
    const other = keepIt(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
    keepIt(mountDisk(other.homes.runbeam, 256));
    await logInToCloud(other, cloud);
    succeeded(await other.runbeam('harmony:add', `127.0.0.1:${gateway.port}`, '-l', 'gate'));
    succeeded(await other.runbeam('harmony:authorize', 'gate', '-y'));
    const [before, old] = [cloud.issued().length, await stored(other)];
    fill(other.homes.runbeam);
    // What is left of the page that the ledger is in.
    appendFileSync(ledgerFile(other.homes), '\n'.repeat(4_096 - (statSync(ledgerFile(other.homes)).size % 4_096)));
    const { code, stdout } = await other.runbeam('harmony:renew', 'gate');
    expect([code, stdout, cloud.issued().length]).toEqual([1, expect.stringContaining('disk'), before]);
    expect(await stored(other)).toBe(old);
    free(other.homes.runbeam);
    expect(succeeded(await other.runbeam('harmony:renew', 'gate')).stdout).toContain('renewed');
  },
);

test('any command says what ends soon, in one line and the next step; not with -q, nor where tokens are listed', async () => {
  const command = 'Run: runbeam harmony:renew --due 7d\n';
  const said = async (...words: string[]): Promise<string> => (await user.runbeam(...words)).stderr;
  expect(await said('config:get')).toBe('');
  for (const [days, text] of [
    [6.9, 'ends within 7 days'],
    [2.9, 'ends within 3 days'],
    [0.9, 'ends within 1 day'],
    [-1, 'has ended'],
  ] as const) {
    await endsIn(days);
    expect(await said('config:get')).toBe(`! The machine token of gate ${text}\n${command}`);
  }
  // The same with all of oclif, and in a pipe as JSON.
  const whole = await user.runbeam('config', 'get', '--json');
  expect([whole.stderr.endsWith(command), JSON.parse(whole.stdout)]).toEqual([true, expect.anything()]);
  for (const words of [
    ['config:get', '-q'],
    ['harmony:tokens'],
    ['harmony:list'],
    ['version'],
    ['completion', 'bash'],
    ['nosuch'],
  ]) {
    expect([words, await said(...words)]).toEqual([words, expect.not.stringContaining('machine token of')]);
  }
  succeeded(await user.runbeam('harmony:edit', 'gate', '--renew', 'auto', '--no-check', '-q'));
  await endsIn(4);
  expect(await said('config:get')).toBe('');
  await endsIn(2);
  expect(await said('config:get')).toContain('ends within 3 days');
  succeeded(await user.runbeam('harmony:edit', 'gate', '--renew', 'off', '--no-check', '-q'));
  // A large ledger is for cron: no command is to take longer for it.
  appendFileSync(ledgerFile(user.homes), '\n'.repeat(300_000));
  expect(await said('config:get')).toBe('');
  succeeded(await user.runbeam('harmony:renew', 'gate'));
});

test('the agent renews by itself where it is told to, once, also with a command beside it', async () => {
  for (const { pid } of user.agents()) process.kill(pid, 'SIGKILL');
  await expect.poll(() => user.agents(), { timeout: 60_000 }).toEqual([]);
  await endsIn(4);
  const [old, before] = [await stored(), cloud.issued().length];
  // Nobody asks for anything but that: the agent is started, looks, and renews.
  const both = [
    user.runbeam('harmony:edit', 'gate', '--renew', 'auto', '--no-check'),
    user.runbeam('harmony:renew', '--due', '5d'),
  ];
  expect((await Promise.all(both)).map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  await expect.poll(() => stored(), { timeout: 60_000 }).not.toBe(old);
  await endsIn(4);
  for (const { pid } of user.agents()) process.kill(pid, 'SIGKILL');
  succeeded(await user.runbeam('harmony:edit', 'gate', '--renew', 'auto', '--no-check'));
  await expect.poll(() => cloud.issued().length, { timeout: 60_000 }).toBe(before + 2);
  const log = agentLog(user.homes, parseServer(cloud.origin).key);
  const line = ` renewed gateway=${gate().id} expires_at=${cloud.issued().at(-1)?.expiresAt ?? ''}\n`;
  await expect.poll(() => readFileSync(log, 'utf8').endsWith(line), { timeout: 60_000 }).toBe(true);
  expect([await stored(), await atGateway()]).toEqual([cloud.issued().at(-1)?.machineToken, await stored()]);
  expect(readFileSync(log, 'utf8')).not.toContain(await stored());
  succeeded(await user.runbeam('harmony:edit', 'gate', '--renew', 'off', '--no-check'));
});

test('renew: auto without a login: nobody would, and it says so', async (context: TestContext) => {
  const other = cleanup(context.onTestFinished)(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  succeeded(await other.runbeam('harmony:add', `127.0.0.1:${gateway.port}`, '-l', 'gate'));
  const { code, stderr } = await other.runbeam('harmony:edit', 'gate', '--renew', 'auto', '--no-check');
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^! Nobody renews it yet: .+\nRun: runbeam login\n$/)]);
});

test('revoked here: the files go, and it says what is still alive and until when', async () => {
  expect(await user.runbeam('harmony:revoke', 'gate')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /^Error: There is nobody to ask whether the machine token of gate may go\nRun: runbeam harmony:revoke --id \w+ -y\n$/,
    ),
  });
  expect((await user.runbeam('harmony:revoke')).code).toBe(2);
  const ran: Ran = await user.runbeam('harmony:revoke', 'gate', '-y', '--json');
  const revoked = fitting('runbeam:harmony:revoke', succeeded(ran).stdout) as {
    removed: string[];
    alive: { standing: string }[];
  };
  expect(revoked.removed).toEqual(['token']);
  expect(revoked.alive.map(({ standing }) => standing)).toContain('live');
  expect([await stored(), await standings('--due', '30d')]).toEqual([undefined, []]);
  expect((await user.runbeam('harmony:revoke', 'gate', '-y')).stdout).toMatch(
    /^✓ The ledger counts the machine tokens of gate as ended; none was stored here\n! Runbeam Cloud has no call that ends a machine token: .* until it ends in 30 days \(.*\)\nHint: /,
  );
  expect(await user.runbeam('harmony:renew', 'gate')).toEqual({
    code: 2,
    stdout: '',
    stderr: `Error: gate has no machine token from here yet\nRun: runbeam harmony:authorize --id ${gate().id}\n`,
  });
});
