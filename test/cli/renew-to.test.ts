/** `runbeam harmony:renew --to`, from machines that know nothing of the gateway: the real kubectl and aws, and stand-ins for vault and az. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startRunbeamCloud, type RunbeamCloud } from '../../sandbox/testing.ts';
import { readLedger } from '../../src/store/instances/token-ledger.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { fitting } from '../support/expect-cli.ts';
import { installHeld, type HeldClient } from '../support/held-client.ts';
import { installClient, startApiServer } from '../support/engines.ts';
import { succeeded } from '../support/login.ts';
import { noMoto, startMoto } from '../support/moto.ts';
import { noKubectl } from '../support/programs.ts';

const keep = cleanup(afterAll);
const ASK = 'POST /api/harmony/authorize';
const DAY = 86_400_000;

let cloud: RunbeamCloud;
let machines: readonly [CliUser, CliUser];
let token: string;

beforeAll(async () => {
  cloud = keep(await startRunbeamCloud());
  machines = [keep(createCliUser()), keep(createCliUser())];
  token = await cloud.issueUserToken();
});

beforeEach(() => cloud.faults.clear());

/** What an engine keeps for a gateway, its token ending in so many days. */
function secretOf(code: string, days = 2): Record<string, string> {
  const machine_token = {
    machine_token: randomBytes(16).toString('hex'),
    expires_at: new Date(Date.now() + days * DAY).toISOString(),
    gateway_id: 'g1',
    gateway_code: code,
    abilities: [],
  };
  return {
    encryption_key: randomBytes(16).toString('base64'),
    machine_token: JSON.stringify(machine_token),
    theirs: 'as it was',
  };
}

/** An engine, and its client, which can be held. */
interface Engine {
  readonly target: (name: string) => string;
  readonly client: HeldClient;
  readonly env: Readonly<Record<string, string>>;
  seed(name: string, fields: Readonly<Record<string, string>>): Promise<void> | void;
  fields(name: string): Promise<Record<string, string>> | Record<string, string>;
}

const which = (program: string): string => spawnSync('which', [program], { encoding: 'utf8' }).stdout.trim();

/** A stand-in, which keeps a file for each version. */
function standIn(program: 'vault' | 'az', target: (name: string) => string, reads: RegExp): Engine {
  const folder = join(machines[0].root, program);
  const store = join(folder, 'store');
  mkdirSync(store, { recursive: true });
  installClient(join(folder, 'real'), program);
  const place = (name: string): string => join(store, target(name).replace(/^\w+:/, '').replaceAll('/', '_'));
  return {
    target,
    client: installHeld(folder, { program, real: join(folder, 'real', program), reads }),
    env: { ENGINE_STORE: store },
    seed: (name, fields) => {
      mkdirSync(place(name));
      writeFileSync(join(place(name), '1'), JSON.stringify(fields));
    },
    fields: (name) => {
      const newest = Math.max(...readdirSync(place(name)).map(Number));
      return JSON.parse(readFileSync(join(place(name), String(newest)), 'utf8')) as Record<string, string>;
    },
  };
}

async function kubernetes(): Promise<Engine> {
  const api = keep(await startApiServer());
  const folder = join(machines[0].root, 'kubectl');
  mkdirSync(folder);
  const KUBECONFIG = join(folder, 'kubeconfig');
  writeFileSync(KUBECONFIG, api.kubeconfig, { mode: 0o600 });
  const coded = (fields: Readonly<Record<string, string>>, to: BufferEncoding, from: BufferEncoding): Record<string, string> =>
    Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, Buffer.from(value, from).toString(to)]));
  return {
    target: (name) => `k8s:production/${name}`,
    client: installHeld(folder, { program: 'kubectl', real: which('kubectl'), reads: /^get secret/ }),
    env: { KUBECONFIG },
    seed: (name, { encryption_key = '', machine_token = '', theirs = '' }) => {
      const data = coded({ 'encryption-key': encryption_key, 'machine-token': machine_token, theirs }, 'base64', 'utf8');
      const object = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace: 'production', resourceVersion: '1' },
        data,
      };
      api.secrets.set(`production/${name}`, object);
    },
    fields: (name) => {
      const data = coded(api.secrets.get(`production/${name}`)?.data ?? {}, 'utf8', 'base64');
      return Object.fromEntries(Object.entries(data).map(([field, value]) => [field.replace('-', '_'), value]));
    },
  };
}

async function aws(): Promise<Engine> {
  const moto = keep(await startMoto());
  const folder = join(machines[0].root, 'aws');
  mkdirSync(folder);
  return {
    target: (name) => `aws:harmony/${name}`,
    client: installHeld(folder, { program: 'aws', real: which('aws'), reads: /get-secret-value/ }),
    env: moto.env,
    seed: (name, fields) => moto.create(`harmony/${name}`, fields),
    fields: async (name) => (await moto.value(`harmony/${name}`)) as Record<string, string>,
  };
}

const renew = (at: CliUser, engine: Engine, words: readonly string[]): Promise<Ran> =>
  at.run('runbeam', ['harmony:renew', ...words], {
    env: {
      ...engine.env,
      PATH: `${engine.client.bin}:${at.env['PATH'] ?? ''}`,
      RUNBEAM_TOKEN: token,
      RUNBEAM_API_URL: cloud.origin,
    },
  });

interface RenewedJson {
  readonly outcome: string;
  readonly expires_at: string;
}

const answerOf = (ran: Ran): RenewedJson => fitting('runbeam:harmony:renew', succeeded(ran).stdout) as RenewedJson;

const tokenOf = (fields: Readonly<Record<string, string>>): Record<string, string> =>
  JSON.parse(fields['machine_token'] ?? '{}') as Record<string, string>;

const withoutToken = ({ machine_token: _, ...others }: Readonly<Record<string, string>>): Record<string, string> => others;

function openable(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Second in which a token was issued. */
const nowOf = (issued: { readonly expiresAt: string } | undefined): string =>
  new Date(Date.parse(issued?.expiresAt ?? '') - 30 * DAY).toISOString().slice(0, 19);

/** Of two machines both read the old token, both ask the cloud, and both have read the secret before either writes it. */
async function race(engine: Engine, name: string): Promise<void> {
  const before = secretOf(name);
  await engine.seed(name, before);
  const asked = cloud.counters.requests[ASK] ?? 0;
  const gates = [openable(), openable()];
  for (const { opened } of gates) cloud.faults.next(ASK, { delay: opened });
  const issued = cloud.issued().length;
  const both = machines.map((each) => renew(each, engine, ['--to', engine.target(name), '--due', '5d', '--json']));
  await expect.poll(() => cloud.counters.requests[ASK], { timeout: 120_000 }).toBe(asked + 2);
  engine.client.hold();
  gates[0]?.open();
  await expect.poll(() => cloud.issued().length, { timeout: 60_000 }).toBe(issued + 1);
  // Times of tokens are in seconds, and theirs are to differ.
  await expect.poll(() => new Date().toISOString().slice(0, 19) > nowOf(cloud.issued().at(-1)), { timeout: 60_000 }).toBe(true);
  gates[1]?.open();
  await engine.client.release(2);
  const answers = (await Promise.all(both)).map(answerOf);
  const after = await engine.fields(name);
  const ours = cloud.issued().slice(issued);
  // One is in the engine, that of the other is known where it was asked for, and what others keep there is as it was.
  expect(ours.map(({ gatewayCode }) => gatewayCode)).toEqual([name, name]);
  expect(ours.map(({ machineToken }) => machineToken)).toContain(tokenOf(after)['machine_token']);
  expect(tokenOf(after)['expires_at']).toBe(ours.map(({ expiresAt }) => expiresAt).sort()[1]);
  expect(withoutToken(after)).toEqual(withoutToken(before));
  const outcomes = answers.map(({ outcome }) => outcome).sort();
  expect([
    ['overtaken', 'renewed'],
    ['renewed', 'renewed'],
  ]).toContainEqual(outcomes);
  const states = machines.map(({ homes }) => readLedger(homes).findLast(({ gatewayCode }) => gatewayCode === name)?.state);
  expect(states.sort()).toEqual(outcomes.map((outcome) => (outcome === 'renewed' ? 'delivered' : 'ended')).sort());
}

describe('vault, a stand-in', () => {
  let engine: Engine;

  beforeAll(() => {
    engine = standIn('vault', (name) => `vault:secret/${name}`, /^kv get/);
  });

  test('from a machine that knows nothing: due or not, renewed, and what is said of it', async () => {
    const before = secretOf('gate', 7);
    await engine.seed('gate', before);
    const [machine] = machines;
    const words = ['--to', 'vault:secret/gate', '--due', '5d'];
    const where = '(Vault at https://127.0.0.1:8200)';
    expect((await renew(machine, engine, words)).stdout).toMatch(
      `No machine token is due: that in vault:secret/gate ${where} ends in 7 days (`,
    );
    const issued = cloud.issued().length;
    const ran = await renew(machine, engine, ['--to', 'vault:secret/gate', '--due', '8d']);
    expect(ran).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^✓ gate {2}renewed in vault:secret\/gate \(Vault at .*\); ends in 30 days \(.*\)\n$/),
      stderr: '',
    });
    expect(cloud.issued()).toHaveLength(issued + 1);
    const after = await engine.fields('gate');
    expect([withoutToken(after), tokenOf(after)]).toEqual([
      withoutToken(before),
      expect.objectContaining({ machine_token: cloud.issued().at(-1)?.machineToken, gateway_code: 'gate' }),
    ]);
    // Nothing secret is in the arguments and variables of the client.
    const seen = readFileSync(join(engine.env['ENGINE_STORE'] ?? '', 'seen.jsonl'), 'utf8');
    expect([tokenOf(after)['machine_token'] ?? '', token].map((secret) => seen.includes(secret))).toEqual([false, false]);
    const answer = answerOf(await renew(machine, engine, [...words, '--json']));
    expect(answer).toEqual({
      outcome: 'not_due',
      target: 'vault:secret/gate',
      where: 'Vault at https://127.0.0.1:8200',
      gateway_code: 'gate',
      expires_at: cloud.issued().at(-1)?.expiresAt,
    });
  });

  test('what could not be written is kept, and brought there without asking the cloud again', async () => {
    const before = secretOf('kept');
    await engine.seed('kept', before);
    const [machine] = machines;
    const breaking = { ...engine, env: { ...engine.env, VAULT_BREAKS: 'put' } };
    const { code, stdout, stderr } = await renew(machine, breaking, ['--to', 'vault:secret/kept']);
    expect([code, stdout]).toEqual([7, '']);
    expect(stderr).toBe(
      'vault: Error writing: {"encryption_key":"[redacted]","machine_token":"[redacted]","theirs":"[redacted]"}\n' +
        'vault: x\nvault: x\nvault: x\n' +
        'Error: vault could not write secret/kept. The new machine token is kept here, the old one stays there\n' +
        'Run: runbeam harmony:renew --to vault:secret/kept\n',
    );
    expect(await engine.fields('kept')).toEqual(before);
    const issued = cloud.issued().length;
    const list = succeeded(await machine.runbeam('harmony:tokens', '--json')).stdout;
    expect(fitting('runbeam:harmony:tokens', list)).toEqual({
      tokens: expect.arrayContaining([expect.objectContaining({ standing: 'undelivered', gateway_code: 'kept' })]),
    });
    expect(answerOf(await renew(machine, engine, ['--to', 'vault:secret/kept', '--json'])).outcome).toBe('delivered');
    expect([cloud.issued().length, tokenOf(await engine.fields('kept'))['machine_token']]).toEqual([
      issued,
      cloud.issued().at(-1)?.machineToken,
    ]);
  });

  test('killed before it is written: the old token is there, the new one is kept', async () => {
    const before = secretOf('killed');
    await engine.seed('killed', before);
    const [machine] = machines;
    const gate = openable();
    cloud.faults.next(ASK, { delay: gate.opened });
    const asked = cloud.counters.requests[ASK] ?? 0;
    const options = { ...engine.env, PATH: `${engine.client.bin}:${machine.env['PATH'] ?? ''}`, RUNBEAM_TOKEN: token };
    const running = machine.start('runbeam', ['harmony:renew', '--to', 'vault:secret/killed'], {
      env: { ...options, RUNBEAM_API_URL: cloud.origin },
    });
    await expect.poll(() => cloud.counters.requests[ASK], { timeout: 60_000 }).toBe(asked + 1);
    engine.client.hold();
    gate.open();
    const kept = (): string[] => readdirSync(join(machine.homes.runbeam, 'killed'));
    await expect.poll(() => engine.client.held(), { timeout: 60_000 }).toBe(1);
    expect(kept()).toContain('pending.json.age');
    running.kill('SIGKILL');
    await running.done;
    await engine.client.release(1);
    expect(await engine.fields('killed')).toEqual(before);
    const issued = cloud.issued().length;
    expect(answerOf(await renew(machine, engine, ['--to', 'vault:secret/killed', '--json'])).outcome).toBe('delivered');
    expect([cloud.issued().length, kept()]).toEqual([issued, []]);
  });

  test('a name is checked against what is there; without a token there is nothing to renew', async () => {
    const [machine] = machines;
    succeeded(await machine.runbeam('harmony:add', '-p', '9', '-l', 'gw', '--no-check'));
    await engine.seed('other', secretOf('someone'));
    expect(await renew(machine, engine, ['gw', '--to', 'vault:secret/other'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'Error: The machine token in vault:secret/other is of someone, not of gw\nRun: runbeam harmony:tokens --from vault:secret/other\n',
    });
    expect(await renew(machine, engine, ['--to', 'vault:secret/nowhere'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'Error: There is no machine token in vault:secret/nowhere, or it may not be read\n' +
        'Run: runbeam harmony:export NAME --with-token --to vault:secret/nowhere\n',
    });
    expect((await renew(machine, engine, ['--to', 'vault:secret/other', '--all'])).code).toBe(2);
    // The agent has none of the logins of the clients.
    expect(await machine.runbeam('harmony:edit', 'gw', '--renew', 'auto', '--to', 'vault:secret/other')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'Error: The agent writes to no secret engine: it has none of the logins that their clients have\n' +
        'Run: runbeam harmony:renew --due 5d --to vault:secret/other\n',
    });
  });

  test('two machines at once', () => race(engine, 'race'));
});

test.skipIf(noKubectl())('two machines at once, with kubectl', async () => {
  await race(await kubernetes(), 'race-k8s');
});

test.skipIf(noMoto())('two machines at once, with aws and moto', async () => {
  await race(await aws(), 'race-aws');
});

test('az, a stand-in, compares nothing: what was written while it thought is seen right before it writes', async () => {
  const engine = standIn('az', (name) => `azure:vault/${name}`, /^keyvault secret show/);
  const before = secretOf('gate-az');
  await engine.seed('gate-az', before);
  const [machine] = machines;
  const asked = cloud.counters.requests[ASK] ?? 0;
  const gate = openable();
  cloud.faults.next(ASK, { delay: gate.opened });
  const running = renew(machine, engine, ['--to', 'azure:vault/gate-az', '--json']);
  await expect.poll(() => cloud.counters.requests[ASK], { timeout: 60_000 }).toBe(asked + 1);
  engine.client.hold();
  gate.open();
  await expect.poll(() => engine.client.held(), { timeout: 60_000 }).toBe(1);
  const place = join(engine.env['ENGINE_STORE'] ?? '', 'vault_gate-az');
  writeFileSync(join(place, '2'), JSON.stringify({ ...before, theirs: 'changed meanwhile' }));
  await engine.client.release(1);
  expect(answerOf(await running).outcome).toBe('renewed');
  const after = await engine.fields('gate-az');
  expect([after['theirs'], tokenOf(after)['machine_token']]).toEqual(['changed meanwhile', cloud.issued().at(-1)?.machineToken]);
});
