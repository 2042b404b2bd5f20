import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { instanceKey } from '../../store/instances/instance-key.ts';
import { listInstances, type Instance } from '../../store/instances/instances.ts';
import { saveMachineToken, savePendingToken } from '../../store/instances/machine-token.ts';
import { instanceFolder, instanceKeyFile, instancesFile } from '../../store/paths.ts';
import { generateIdentity } from '../../store/secrets/age-identity.ts';
import { addNewInstance, type AddInput } from './gateways/add-instance.ts';
import { readKey, removeOneInstance } from './gateways/instances.ts';
import { deleteKey, setKey, showKey } from '../keys/keys.ts';
import { selectInstance } from './gateways/select-instance.ts';
import { createTestContext, type TestContext, type TestUser } from '../services.testing.ts';

let context: TestContext;
beforeEach(() => {
  context = createTestContext({ stdin: 'from stdin' });
});
afterEach(() => context.close());

const LOCAL = { ip: '127.0.0.1', port: 8081, pathPrefix: 'admin' };

/** Unasked: nothing listens where these are. */
const added = async (input: Omit<AddInput, 'check'>): Promise<Instance> =>
  (await addNewInstance(context, { ...input, check: false })).instance;

describe('adding', () => {
  it('gives the label ip:port and an id made of all three', async () => {
    expect(await added(LOCAL)).toEqual({ ...LOCAL, id: 'ee4e90ed', label: '127.0.0.1:8081' });
    expect(await added({ ...LOCAL, ip: '[::1]' })).toMatchObject({ ip: '::1', label: '[::1]:8081' });
  });

  it('changes the one that is there, which keeps its id, and says so', async () => {
    const { id } = await added({ ...LOCAL, label: 'gate' });
    expect(context.notes).toEqual([]);
    const moved = await added({ ...LOCAL, port: 9090, label: 'gate', pathPrefix: 'x' });
    expect(listInstances(context.homes)).toEqual([moved]);
    expect(moved).toEqual({ ip: '127.0.0.1', port: 9090, label: 'gate', pathPrefix: 'x', id });
    expect(context.notes).toEqual([`! ${id} was registered already, as gate at 127.0.0.1:8081: it is changed and keeps its id`]);
  });

  it.each([
    [{ ip: 'a/b' }, 'usage'],
    [{ port: 0 }, 'usage'],
    [{ pathPrefix: '../x' }, 'usage'],
    [{ label: '' }, 'usage'],
    [{ label: 'a\u001b[31m' }, 'usage'],
    [{ ip: 'http://10.0.0.5' }, 'insecure_transport'],
    [{ key: 'nonsense' }, 'bad_key'],
  ])('refuses %j and writes nothing', async (wrong, code) => {
    expect((await failure(() => added({ ...LOCAL, label: 'x', ...wrong }))).code).toBe(code);
    expect(existsSync(instancesFile(context.homes))).toBe(false);
  });

  it('stores a key that came along', async () => {
    const identity = await generateIdentity();
    const { id } = await added({ ...LOCAL, key: `${identity.reveal()}\n` });
    const file = readFileSync(instanceKeyFile(context.homes, id), 'utf8').trim();
    expect(Buffer.from(file, 'base64').toString('utf8')).toBe(identity.reveal());
  });
});

describe('selecting', () => {
  it('takes label, id or address, and the only one without any', async () => {
    expect((await failure(() => selectInstance(context, {}))).message).toBe('No gateway is registered');
    const one = await added({ ...LOCAL, label: 'one' });
    expect(await selectInstance(context, {})).toEqual(one);
    const two = await added({ ...LOCAL, port: 9090, label: 'two' });
    for (const by of [{ label: 'two' }, { id: two.id }, { ip: '127.0.0.1', port: 9090 }]) {
      expect(await selectInstance(context, by)).toEqual(two);
    }
    expect(await failure(() => selectInstance(context, {}))).toEqual({
      code: 'usage',
      message: 'Say which gateway is meant: one, two',
      hint: { text: 'Name it with -l LABEL or --id ID' },
    });
    expect((await failure(() => selectInstance(context, { label: 'three' }))).code).toBe('not_found');
    expect((await failure(() => selectInstance(context, { ip: '127.0.0.1', port: 1 }))).code).toBe('not_found');
  });

  it('takes the beginning of a name where it only reads, and the whole of it elsewhere', async () => {
    const first = await added({ ...LOCAL, label: 'edge-one' });
    await added({ ...LOCAL, port: 9090, label: 'edge-two' });
    expect(await selectInstance(context, { label: 'edge-O' }, { reads: true })).toEqual(first);
    expect(await selectInstance(context, { id: first.id.slice(0, 4) }, { reads: true })).toEqual(first);
    expect((await failure(() => selectInstance(context, { label: 'edge-o' }))).code).toBe('not_found');
    expect(await failure(() => selectInstance(context, { label: 'edge' }, { reads: true }))).toEqual({
      code: 'usage',
      message: 'Several gateways begin with edge: edge-one, edge-two',
      hint: { text: 'Name it with -l LABEL or --id ID' },
    });
  });

  it('reads the list that the older CLI wrote', () => {
    const theirs = [{ id: '1a2b3c4d', ip: '10.0.0.5', port: 8082, label: 'production', path_prefix: 'admin', gateway_id: null }];
    context.close();
    context = createTestContext();
    return added(LOCAL).then(() => {
      writeFileSync(instancesFile(context.homes), JSON.stringify(theirs));
      expect(listInstances(context.homes)).toEqual([
        { id: '1a2b3c4d', ip: '10.0.0.5', port: 8082, label: 'production', pathPrefix: 'admin' },
      ]);
    });
  });
});

describe('removing', () => {
  it('wants to be told which, even if there is only one', async () => {
    const one = await added(LOCAL);
    const plain = { purge: false, yes: false };
    expect((await failure(() => removeOneInstance(context, plain))).code).toBe('usage');
    const removed = await removeOneInstance(context, { ...plain, ip: '127.0.0.1', port: 8081 });
    expect(removed).toEqual({ id: one.id, instance: one, kept: [], purged: [] });
    expect(listInstances(context.homes)).toEqual([]);
  });
});

describe('keys', () => {
  it('are set, shown without the secret, revealed when asked, and deleted', async () => {
    const instance = await added(LOCAL);
    const by = { id: instance.id };
    expect((await failure(() => showKey(context, { ...by, reveal: false }))).code).toBe('not_found');
    expect(existsSync(instanceKeyFile(context.homes, instance.id))).toBe(false);

    const identity = (await generateIdentity()).reveal();
    const shown = await setKey(context, { ...by, key: Buffer.from(`# created\n# public\n${identity}\n`).toString('base64') });
    expect(await showKey(context, { ...by, reveal: false })).toEqual(shown);
    expect(Object.keys(shown)).toEqual(['instance', 'recipient', 'source']);
    expect((await showKey(context, { ...by, reveal: true })).secret?.reveal()).toBe(Buffer.from(identity).toString('base64'));

    expect(await deleteKey(context, by)).toEqual(instance);
    expect((await failure(() => deleteKey(context, by))).code).toBe('not_found');
  });

  it('come from standard input for -, and with a warning from the command line', async () => {
    expect(await readKey(context, { key: '-' })).toBe('from stdin');
    expect(context.notes).toEqual([]);
    expect(await readKey(context, { key: 'typed' })).toBe('typed');
    expect(context.notes).toEqual([
      '! A key on the command line shows up in ps and in the shell history',
      '--key - reads it from standard input',
    ]);
  });

  it('come from a file, in any form, with a warning for one that gateways cannot read', async () => {
    const identity = (await generateIdentity()).reveal();
    const keyFile = join(context.homes.user, 'instance.key');
    writeFileSync(keyFile, `# created: today\n# public key: age1\n${identity}\n`, { mode: 0o600 });
    const { id } = await added({ ...LOCAL, label: 'gate', keyFile });
    expect((await instanceKey(context, id, {})).identity.reveal()).toBe(identity);
    expect(context.notes).toEqual([
      '! Gateways with SDK 0.11 cannot read a key in this form',
      `Give the gateway what this prints: runbeam harmony:show-key --id ${id} --reveal`,
    ]);
    writeFileSync(keyFile, `${identity}\n`);
    await setKey(context, { id, keyFile });
    expect(context.notes.length).toBe(2);
    expect((await failure(() => setKey(context, { id, keyFile: `${keyFile}.no` }))).code).toBe('not_found');
    expect((await failure(() => setKey(context, { id }))).code).toBe('usage');
  });
});

describe('what is kept of an instance that is removed', () => {
  /** One with a key that was set, a machine token, and what somebody else keeps in its folder. */
  async function kept(user: TestUser = {}): Promise<{ one: Instance; folder: string }> {
    context.close();
    context = createTestContext(user);
    const one = await added({ ...LOCAL, label: 'gate', key: (await generateIdentity()).reveal() });
    const { identity } = await instanceKey(context, one.id, {});
    const token = { machineToken: new Secret(randomBytes(8).toString('hex')), expiresAt: '', gatewayId: 'g', abilities: [] };
    await saveMachineToken(context, one.id, token, identity);
    await savePendingToken(context, one.id, token, identity);
    return { one, folder: instanceFolder(context.homes, one.id) };
  }
  const purge = { label: 'gate', purge: true, yes: false };

  it('stays, and is named', async () => {
    const { one, folder } = await kept();
    const { kept: left, purged } = await removeOneInstance(context, { label: 'gate', purge: false, yes: false });
    expect([left, purged, existsSync(folder)]).toEqual([['key', 'token', 'undelivered'], [], true]);
    // The list has it no more, and its files can go all the same.
    expect(await removeOneInstance(context, { id: one.id, purge: true, yes: true })).toEqual({
      id: one.id,
      kept: [],
      purged: ['key', 'token', 'undelivered'],
    });
    expect(existsSync(folder)).toBe(false);
  });

  it('goes with --purge after a yes, but for what others keep there', async () => {
    const { folder } = await kept({ answer: true });
    writeFileSync(join(folder, 'notes'), '');
    const { kept: left, purged } = await removeOneInstance(context, purge);
    expect([left, purged, readdirSync(folder)]).toEqual([[], ['key', 'token', 'undelivered'], ['notes']]);
    expect(context.questions.length).toBe(1);
  });

  it.each([
    ['a no', false],
    ['nobody to ask', undefined],
  ])('stays with --purge after %s, and the instance too', async (_, answer) => {
    const { one, folder } = await kept(answer === undefined ? {} : { answer });
    expect(await failure(() => removeOneInstance(context, purge))).toMatchObject({
      code: 'usage',
      hint: { command: `runbeam harmony:remove --id ${one.id} --purge -y` },
    });
    expect([listInstances(context.homes).length, readdirSync(folder).length]).toEqual([1, 5]);
  });

  it('asks nothing with -y', async () => {
    await kept();
    expect((await removeOneInstance(context, { ...purge, yes: true })).purged).toEqual(['key', 'token', 'undelivered']);
    expect(context.questions).toEqual([]);
  });
});
