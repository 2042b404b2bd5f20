import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { Secret } from '../../secret.ts';
import { deleteInstanceKey, findInstanceKey, instanceKey, setInstanceKey } from './instance-key.ts';
import { addInstance, findInstance, instanceId, listInstances, removeInstance, setGatewayId } from './instances.ts';
import { readRustCliLogin } from './rust-cli-login.ts';
import {
  clearPendingToken,
  loadMachineToken,
  loadPendingToken,
  saveMachineToken,
  savePendingToken,
  type MachineToken,
} from './machine-token.ts';
import {
  instanceKeyFile,
  instancesFile,
  machineTokenFile,
  olderMachineTokenFile,
  pendingTokenFile,
  type Homes,
  type StoreDeps,
} from '../paths.ts';
import { decrypt, encrypt, generateIdentity } from '../secrets/age-identity.ts';
import { failure } from '../../errors.testing.ts';
import { system } from '../../platform/system.ts';
import { purgeFiles } from './instance-files.ts';
import { tempHomes } from '../temp-home.testing.ts';

const ID = '1a2b3c4d';
let homes: Homes;

beforeEach(() => {
  homes = tempHomes();
});

/** Where a key goes. */
const IN_FILE = { env: {}, inKeyring: false };

const deps = (): StoreDeps => ({ homes, clock: systemClock });

function put(path: string, data: string | Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, data, { mode: 0o600 });
  return path;
}

const local = { ip: '127.0.0.1', port: 8081, label: 'my-label', pathPrefix: 'admin' };

describe('instances', () => {
  test('have the first 8 hex digits of a hash as id', () => {
    const hash = createHash('sha256').update('127.0.0.1:8081:my-label').digest('hex');
    expect(instanceId('127.0.0.1', 8081, 'my-label')).toBe(hash.slice(0, 8));
  });

  test('may be ten thousand', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      ...local,
      path_prefix: 'admin',
      label: `gateway-${String(index)}`,
    }));
    put(instancesFile(homes), JSON.stringify(many, null, 2));
    expect(listInstances(homes)).toHaveLength(10_000);
  });

  test('are added, found, marked and removed', async () => {
    expect(listInstances(homes)).toEqual([]);
    const id = instanceId('127.0.0.1', 8081, 'my-label');
    expect(await addInstance(deps(), local)).toEqual({ id, ...local });
    const stored = { gateway_id: null, id, ip: '127.0.0.1', port: 8081, label: 'my-label', path_prefix: 'admin' };
    expect(JSON.parse(readFileSync(instancesFile(homes), 'utf8'))).toEqual([stored]);
    expect(statSync(instancesFile(homes)).mode & 0o777).toBe(0o600);
    expect(await setGatewayId(deps(), id, 'gw-1')).toBe(true);
    expect(listInstances(homes)).toEqual([{ id, ...local, gatewayId: 'gw-1' }]);
    expect(await addInstance(deps(), { ...local, pathPrefix: 'manage' })).toEqual({
      id,
      ...local,
      pathPrefix: 'manage',
      gatewayId: 'gw-1',
    });
    const other = await addInstance(deps(), { ...local, port: 9090, label: 'other' });
    expect(listInstances(homes).map((one) => one.label)).toEqual(['my-label', 'other']);
    expect(findInstance(listInstances(homes), { label: 'other' })).toEqual(other);
    expect(findInstance(listInstances(homes), { id: other.id })).toEqual(other);
    expect(await removeInstance(deps(), other.id)).toEqual(other);
    expect(listInstances(homes).map((one) => one.label)).toEqual(['my-label']);
    const absent = { code: 'not_found', message: 'There is no gateway with the id 00000000' };
    expect(await failure(() => removeInstance(deps(), '00000000'))).toMatchObject(absent);
    expect(await setGatewayId(deps(), '00000000', 'x')).toBe(false);
  });

  test('are not lost when several processes add them', async () => {
    const add = (index: number): Promise<unknown> =>
      addInstance(deps(), { ...local, port: 9000 + index, label: `l${String(index)}` });
    await Promise.all(Array.from({ length: 10 }, (_, index) => add(index)));
    expect(listInstances(homes).length).toBe(10);
  });

  test('keep what the Rust CLI wrote', async () => {
    const theirs = { ip: '::1', port: 9090, label: 'old', path_prefix: null, tags: ['x'] };
    put(instancesFile(homes), JSON.stringify([theirs]));
    const id = instanceId('::1', 9090, 'old');
    expect(listInstances(homes)).toEqual([{ id, ip: '::1', port: 9090, label: 'old', pathPrefix: 'admin' }]);
    await addInstance(deps(), local);
    expect(JSON.parse(readFileSync(instancesFile(homes), 'utf8'))).toEqual([
      { ...theirs, id },
      expect.objectContaining({ label: 'my-label' }),
    ]);
  });

  test('are changed by adding their label or their address, and keep their id, whatever it is', async () => {
    put(instancesFile(homes), JSON.stringify([{ id: 'their-own-id', ...local, path_prefix: 'admin', gateway_id: 'gw-1' }]));
    const kept = { id: 'their-own-id', gatewayId: 'gw-1' };
    const moved = { ...local, ip: '10.0.0.5', port: 8082, pathPrefix: 'manage' };
    expect(await addInstance(deps(), moved)).toEqual({ ...moved, ...kept });
    expect(await addInstance(deps(), { ...moved, label: 'new-label' })).toEqual({ ...moved, ...kept, label: 'new-label' });
    expect(await addInstance(deps(), { ...moved, label: undefined })).toEqual({ ...moved, ...kept, label: 'new-label' });
    expect(listInstances(homes)).toHaveLength(1);
  });

  test('get an id of their own where a changed one has kept the usual one', async () => {
    const { id } = await addInstance(deps(), local);
    await addInstance(deps(), { ...local, port: 9090 });
    await addInstance(deps(), { ...local, port: 9090, label: 'moved' });
    const other = await addInstance(deps(), local);
    expect([id, other.id === id]).toEqual([instanceId('127.0.0.1', 8081, 'my-label'), false]);
    expect(new Set(listInstances(homes).map((one) => one.id)).size).toBe(2);
  });

  test('are not changed where the label is that of one and the address that of another', async () => {
    await addInstance(deps(), local);
    await addInstance(deps(), { ...local, port: 8082, label: 'other' });
    expect(await failure(() => addInstance(deps(), { ...local, port: 8082 }))).toMatchObject({
      code: 'usage',
      message: expect.stringMatching(
        /^Label and address are those of several instances: my-label at 127\.0\.0\.1:8081 \(\w+\), other at 127\.0\.0\.1:8082 /,
      ),
    });
  });

  test('are named exactly', async () => {
    const list = [
      { id: 'a', ...local },
      { id: 'b', ...local, port: 1 },
      { id: 'c', ...local, label: 'c' },
    ];
    expect((await failure(() => findInstance(list, {}))).code).toBe('usage');
    expect(await failure(() => findInstance(list, { label: 'my-label' }))).toMatchObject({
      code: 'usage',
      message: 'Several instances have the label my-label',
    });
    expect(findInstance(list, { label: 'my-label', id: 'b' })).toEqual(list[1]);
    expect((await failure(() => findInstance(list, { label: 'no\u001b[2Jne' }))).message).toBe(
      'There is no gateway with the label no[2Jne',
    );
  });

  test.each([
    ['{}', ' does not have the expected form'],
    ['[{"ip": "x", "port": 8081}]', ' lacks `0.label`'],
    ['[{"ip": "x", "port": 0, "label": "l"}]', ' has a wrong `0.port`'],
    ['[{"ip": "x", "port": 1, "label": "l", "id": "../../etc"}]', ' has a wrong `0.id`'],
    ['[', ' is not valid JSON'],
  ])('a broken list is refused and stays as it is: %j', async (text, message) => {
    const path = put(instancesFile(homes), text);
    expect(await failure(() => listInstances(homes))).toMatchObject({ code: 'bad_file', message: path + message });
    expect((await failure(() => addInstance(deps(), local))).code).toBe('bad_file');
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

describe('instance keys', () => {
  const RUNBEAM_ENCRYPTION_KEY = 'RUNBEAM_ENCRYPTION_KEY';

  test('are made once, as base64 of the line, private', async () => {
    expect(await findInstanceKey(deps(), ID, {})).toBeUndefined();
    expect(existsSync(homes.runbeam)).toBe(false);
    const keys = await Promise.all(Array.from({ length: 5 }, () => instanceKey(deps(), ID, {})));
    expect(new Set(keys.map((key) => key.recipient)).size).toBe(1);
    const key = await instanceKey(deps(), ID, {});
    const path = instanceKeyFile(homes, ID);
    expect(readFileSync(path, 'utf8')).toBe(`${key.base64.reveal()}\n`);
    expect(Buffer.from(key.base64.reveal(), 'base64').toString()).toBe(key.identity.reveal());
    expect([key.source, statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]).toEqual(['file', 0o600, 0o700]);
    expect(readdirSync(dirname(path))).toEqual(['encryption.key']);
  });

  test('come from the environment first', async () => {
    const identity = await generateIdentity();
    const key = await instanceKey(deps(), ID, { [RUNBEAM_ENCRYPTION_KEY]: `${identity.reveal()}\n` });
    expect([key.source, key.identity.equals(identity)]).toEqual(['env', true]);
    expect(existsSync(homes.runbeam)).toBe(false);
    expect(await failure(() => instanceKey(deps(), ID, { [RUNBEAM_ENCRYPTION_KEY]: 'x' }))).toMatchObject({
      code: 'bad_key',
      message: 'RUNBEAM_ENCRYPTION_KEY is not an age X25519 identity',
    });
  });

  test('are set, refused when loose, and deleted', async () => {
    const identity = await generateIdentity();
    await setInstanceKey(deps(), ID, Buffer.from(`# c\n${identity.reveal()}\n`).toString('base64'), IN_FILE);
    expect((await findInstanceKey(deps(), ID, {}))?.identity.equals(identity)).toBe(true);
    expect((await failure(() => setInstanceKey(deps(), ID, 'x', IN_FILE))).code).toBe('bad_key');
    chmodSync(instanceKeyFile(homes, ID), 0o644);
    expect((await failure(() => instanceKey(deps(), ID, {}))).code).toBe('unsafe_path');
    expect([await deleteInstanceKey(deps(), ID, {}), await deleteInstanceKey(deps(), ID, {})]).toEqual([true, false]);
    expect(await deleteInstanceKey(deps(), 'absent', {})).toBe(false);
  });
});

describe('machine tokens', () => {
  const token = (days: number): MachineToken => ({
    machineToken: new Secret(randomBytes(16).toString('hex')),
    expiresAt: new Date(Date.UTC(2026, 11, 1) + days * 86_400_000).toISOString(),
    gatewayId: 'gw-1',
    gatewayCode: ID,
    abilities: ['harmony:send'],
    issuedAt: '2026-11-21T00:00:00Z',
  });
  const revealed = (one: MachineToken | undefined): unknown => one && { ...one, machineToken: one.machineToken.reveal() };

  test('are stored in both places as binary age files of pretty JSON', async () => {
    const { identity } = await instanceKey(deps(), ID, {});
    expect(await loadMachineToken(homes, ID, { identity })).toBeUndefined();
    const one = token(1);
    await saveMachineToken(deps(), ID, one, identity);
    expect(revealed(await loadMachineToken(homes, ID, { identity }))).toEqual(revealed(one));
    const sealed = readFileSync(machineTokenFile(homes, ID));
    expect(sealed.subarray(0, 22).toString()).toBe('age-encryption.org/v1\n');
    const [json, older] = await Promise.all(
      [sealed, readFileSync(olderMachineTokenFile(homes, ID))].map((bytes) => decrypt([identity], bytes, 'it')),
    );
    expect(json).toBe(JSON.stringify(JSON.parse(json ?? ''), null, 2));
    expect(JSON.parse(older ?? '')).toEqual({ ...JSON.parse(json ?? ''), copy_of: 'runbeam/auth.json' });
  });

  test('what the Rust SDK clears or replaces in its place alone is not answered with our copy', async () => {
    const { identity } = await instanceKey(deps(), ID, {});
    await saveMachineToken(deps(), ID, token(2), identity);
    const copy = readFileSync(olderMachineTokenFile(homes, ID));
    await saveMachineToken(deps(), ID, token(1), identity);
    // A save that was killed between its two files, or a shorter one of the Rust SDK: the current place is right.
    put(olderMachineTokenFile(homes, ID), copy);
    expect((await loadMachineToken(homes, ID, { identity }))?.expiresAt).toBe(token(1).expiresAt);
    put(machineTokenFile(homes, ID), 'half written');
    expect((await loadMachineToken(homes, ID, { identity }))?.expiresAt).toBe(token(2).expiresAt);
    rmSync(machineTokenFile(homes, ID));
    expect(await loadMachineToken(homes, ID, { identity })).toBeUndefined();
  });

  test('what killed writers left beside it is swept, and goes with the instance', async () => {
    const { identity } = await instanceKey(deps(), ID, {});
    await saveMachineToken(deps(), ID, token(1), identity);
    const folder = dirname(machineTokenFile(homes, ID));
    // Of a process that was; a minute later another one has its number.
    const [dead, alive] = [0x7fff_fff0, process.pid].map(
      (pid) => `.auth.json.${system.processes.pidNamespace()}.${String(pid)}.1abc.tmp`,
    );
    for (const name of [dead, alive]) writeFileSync(join(folder, name ?? ''), '');
    await saveMachineToken(deps(), ID, token(2), identity);
    expect(readdirSync(folder).sort()).toEqual([alive, 'auth.json']);
    await purgeFiles(deps(), ID, {});
    expect(existsSync(folder)).toBe(false);
  });

  test('the one that lasts longer wins, and one that is damaged does not matter', async () => {
    const { identity } = await instanceKey(deps(), ID, {});
    const theirs = JSON.stringify({
      machine_token: 'm',
      expires_at: '2099-01-01T00:00:00Z',
      gateway_id: 'g',
      extra: 1,
    });
    await saveMachineToken(deps(), ID, token(1), identity);
    put(olderMachineTokenFile(homes, ID), await encrypt(identity, theirs));
    expect(revealed(await loadMachineToken(homes, ID, { identity }))).toEqual({
      machineToken: 'm',
      expiresAt: '2099-01-01T00:00:00Z',
      gatewayId: 'g',
      abilities: [],
    });
    put(machineTokenFile(homes, ID), 'damaged');
    expect((await loadMachineToken(homes, ID, { identity }))?.gatewayId).toBe('g');
    put(olderMachineTokenFile(homes, ID), await encrypt(identity, '{"machine_token": "secret'));
    expect((await failure(() => loadMachineToken(homes, ID, { identity }))).code).toBe('decrypt_failed');
    put(machineTokenFile(homes, ID), await encrypt(identity, '{"machine_token": "x"}'));
    expect(await failure(() => loadMachineToken(homes, ID, { identity }))).toMatchObject({
      code: 'bad_file',
      message: `${machineTokenFile(homes, ID)} lacks \`expires_at\``,
    });
    const wrong = { machine_token: 'm', expires_at: 'e', gateway_id: 'g', abilities: ['a', 1] };
    put(machineTokenFile(homes, ID), await encrypt(identity, JSON.stringify(wrong)));
    expect((await failure(() => loadMachineToken(homes, ID, { identity }))).message).toBe(
      `${machineTokenFile(homes, ID)} has a wrong \`abilities.1\``,
    );
  });

  test('that could not be delivered are kept and cleared', async () => {
    const identity = await generateIdentity();
    const one = token(2);
    expect(await loadPendingToken(homes, ID, identity)).toBeUndefined();
    expect(await clearPendingToken(homes, ID)).toBe(false);
    await savePendingToken(deps(), ID, one, identity);
    expect(readFileSync(pendingTokenFile(homes, ID), 'latin1')).not.toContain(one.machineToken.reveal());
    expect(revealed(await loadPendingToken(homes, ID, identity))).toEqual(revealed(one));
    expect([await clearPendingToken(homes, ID), await clearPendingToken(homes, ID)]).toEqual([true, false]);
  });
});

describe('the login of the Rust CLI', () => {
  const login = JSON.stringify({
    token: '1|abc',
    expires_at: 1_800_000_000,
    user: { id: 7, name: 'Zoë', email: 'z@example.com' },
  });
  const user = { id: '7', name: 'Zoë', email: 'z@example.com' };
  const folder = (): string => join(homes.runbeam, 'runbeam-cli');

  test('is nothing where there is none', async () => {
    expect(await readRustCliLogin(homes, {})).toBeUndefined();
    mkdirSync(homes.runbeam, { mode: 0o700 });
    expect(await readRustCliLogin(homes, {})).toBeUndefined();
  });

  test.each(['runbeam/user_auth.json', 'user_auth.json'])('is read from %s with its key', async (name) => {
    const identity = await generateIdentity();
    put(join(folder(), 'encryption.key'), Buffer.from(identity.reveal()).toString('base64'));
    const path = put(join(folder(), name), await encrypt(identity, login));
    const before = execFileSync('find', [homes.runbeam, '-printf', '%p %T@\n']).toString();
    const { token, ...rest } = (await readRustCliLogin(homes, {})) ?? { token: new Secret('') };
    expect([token.reveal(), rest]).toEqual(['1|abc', { path, expiresAt: 1_800_000_000, user }]);
    expect(execFileSync('find', [homes.runbeam, '-printf', '%p %T@\n']).toString()).toBe(before);
  });

  test('is read with the key of the environment, and from the plain file of the first versions', async () => {
    const identity = await generateIdentity();
    const path = put(join(folder(), 'runbeam', 'user_auth.json'), await encrypt(identity, login));
    put(join(homes.runbeam, 'auth.json'), '{"token": "plain"}');
    expect((await readRustCliLogin(homes, { RUNBEAM_ENCRYPTION_KEY: identity.reveal() }))?.path).toBe(path);
    expect((await failure(() => readRustCliLogin(homes, {}))).code).toBe('decrypt_failed');
    const other = tempHomes();
    // As an editor on Windows saves it.
    const plain = put(join(other.runbeam, 'auth.json'), '\ufeff{"token": "plain", "user": {"id": "x", "name": null}}');
    const { token, ...rest } = (await readRustCliLogin(other, {})) ?? { token: undefined };
    expect([token?.reveal(), rest]).toEqual(['plain', { path: plain, user: { id: 'x' } }]);
    put(plain, '{"token": "plain", "user": {"id": [], "email": 7}}');
    expect((await failure(() => readRustCliLogin(other, {}))).message).toBe(`${plain} has a wrong \`user.id\``);
  });
});
