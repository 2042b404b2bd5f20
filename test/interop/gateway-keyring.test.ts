/** Keys of gateways that are sealed to the OS keyring: the real gnome-keyring, one whose daemon was stopped, and none. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { identityIn } from '../../sandbox/harmony/age.ts';
import { cleanup } from '../support/cleanup.ts';
import { expectCli, fitting, json } from '../support/expect-cli.ts';
import { findInFiles, findInText } from '../support/find-secrets.ts';
import { keyedGateway, leftOf, type KeyedGateway } from '../support/gateway-key.ts';
import { missingPrograms, startKeyring, type PrivateKeyring } from '../support/keyring.ts';
import { logInToCloud, succeeded } from '../support/login.ts';

const keep = cleanup(afterEach);

const skip = missingPrograms().length > 0 && process.env['CI'] !== 'true';

interface InDesktop extends KeyedGateway {
  readonly keyring: PrivateKeyring;
}

async function inDesktop(): Promise<InDesktop> {
  const keyring = keep(await startKeyring());
  return { keyring, ...(await keyedGateway(keep, { env: keyring.env, key: ['--generate', '--keyring'] })) };
}

const keyFiles = ({ folder }: KeyedGateway): string[] => readdirSync(folder).filter((name) => name.startsWith('encryption.key'));

/** The key in force, as `show-key` reveals it. */
async function revealed({ user }: KeyedGateway): Promise<string> {
  const shown = succeeded(await user.runbeam('harmony:show-key', 'gw', '--reveal', '--json'));
  return (fitting('runbeam:harmony:show-key', shown.stdout) as { readonly secret: string }).secret;
}

/** What the `age` program makes of a file of the gateway, with this identity. */
function opened({ user, folder }: KeyedGateway, file: string, identity: string): string {
  const path = join(user.root, 'identity');
  writeFileSync(path, `${identity}\n`, { mode: 0o600 });
  return execFileSync('age', ['-d', '-i', path, join(folder, file)], { encoding: 'utf8' });
}

describe.skipIf(skip)('with the real keyring', () => {
  test('the age program opens the key with what secret-tool finds, and the token with the key', async () => {
    const it = await inDesktop();
    const { user, keyring, id, cloud, config } = it;
    expect(await json(user, 'runbeam:harmony:show-key', 'runbeam harmony:show-key gw')).toMatchObject({ source: 'keyring' });
    expect((await user.runbeam('harmony:show-key', 'gw')).stdout).toMatch(/^source +sealed to the OS keyring$/m);
    expect(keyFiles(it)).toEqual(['encryption.key.age']);
    succeeded(await user.runbeam('harmony:authorize', 'gw', '-y', '--config', config));

    const key = await revealed(it);
    expect(opened(it, 'encryption.key.age', keyring.lookup(`gateway ${id}`) ?? '')).toBe(`${key}\n`);
    expect(JSON.parse(opened(it, 'runbeam/auth.json', identityIn(key) ?? ''))).toMatchObject({
      machine_token: cloud.issued()[0]?.machineToken,
    });
    expect(findInFiles(user.home, [key, identityIn(key) ?? ''])).toEqual([]);
  });

  test('a worker of the agent opens it, and the gateway gets it', async () => {
    const it = await inDesktop();
    const { user, cloud, harmony } = it;
    await logInToCloud(user, cloud, '--storage', 'age');
    succeeded(await user.runbeam('harmony:authorize', 'gw', '-y'));
    const key = await revealed(it);
    expect(await harmony.storedToken(identityIn(key))).toMatchObject({ machine_token: cloud.issued()[0]?.machineToken });
    expect(fitting('runbeam:harmony:list', succeeded(await user.runbeam('harmony:list', '--json')).stdout)).toMatchObject({
      instances: [{ label: 'gw', key_configured: true, token: 'stored' }],
    });
    // Without --reveal it is nowhere.
    expect(findInText('output', user.transcript().replace(key, ''), [key, identityIn(key) ?? ''])).toEqual([]);
  });

  test('an exchanged key stays in the keyring, and so does the one before it', async () => {
    const it = await inDesktop();
    const { user, config, harmony, cloud } = it;
    succeeded(await user.runbeam('harmony:authorize', 'gw', '-y', '--config', config));
    const before = await revealed(it);
    succeeded(await user.runbeam('harmony:rotate-key', 'gw', '-y', '--config', config));
    const after = await revealed(it);
    expect([after === before, keyFiles(it).toSorted()]).toEqual([false, ['encryption.key.age', 'encryption.key.age.previous']]);
    expect(await harmony.storedToken(identityIn(after))).toMatchObject({ machine_token: cloud.issued()[1]?.machineToken });
    expect(findInFiles(user.home, [before, after])).toEqual([]);
    succeeded(await user.runbeam('harmony:rotate-key', 'gw', '--finish'));
    expect([await revealed(it), leftOf(it)]).toEqual([after, []]);
  });

  test('--abort puts the one before it back', async () => {
    const it = await inDesktop();
    const { user, config, harmony } = it;
    const before = await revealed(it);
    harmony.faults.next('POST /admin/token', { status: 503 });
    expect((await user.runbeam('harmony:rotate-key', 'gw', '-y', '--config', config)).code).toBe(7);
    succeeded(await user.runbeam('harmony:rotate-key', 'gw', '--abort'));
    expect([await revealed(it), keyFiles(it)]).toEqual([before, ['encryption.key.age']]);
  });

  test.each([
    ['harmony:delete-key gw', []],
    ['harmony:remove gw --purge -y', undefined],
    ['harmony:set-key gw --generate', ['encryption.key']],
  ] as const)('%s leaves nothing in the keyring', async (line, left) => {
    const it = await inDesktop();
    succeeded(await it.user.runbeam(...line.split(' ')));
    expect(it.keyring.lookup(`gateway ${it.id}`)).toBeUndefined();
    expect(existsSync(it.folder) ? keyFiles(it) : undefined).toEqual(left);
  });

  test('a keyring whose daemon was stopped: nothing is issued, nothing changed, and 3 s at most', async () => {
    const it = await inDesktop();
    const { user, keyring, cloud, config, folder, id } = it;
    const sealed = readFileSync(join(folder, 'encryption.key.age'));
    keyring.freeze(true);
    keep({ close: () => keyring.freeze(false) });
    const stderr =
      'Error: The OS keyring does not answer\n' +
      `Hint: Restart it, or keep the key in a file: runbeam harmony:set-key --id ${id} --key-file FILE\n`;
    for (const line of [
      'runbeam harmony:show-key gw',
      `runbeam harmony:authorize gw -y --config ${config}`,
      'runbeam harmony:set-key gw --generate --keyring',
      `runbeam harmony:rotate-key gw -y --config ${config}`,
    ]) {
      await expectCli(user, line, { code: 1, stderr });
    }
    expect({
      issued: cloud.issued(),
      same: readFileSync(join(folder, 'encryption.key.age')).equals(sealed),
      left: leftOf(it),
    }).toEqual({ issued: [], same: true, left: [] });
  });

  test('a key that the keyring has lost is told of', async () => {
    const { user, keyring, id } = await inDesktop();
    keyring.forget(`gateway ${id}`);
    await expectCli(user, 'runbeam harmony:show-key gw', {
      code: 1,
      stderr:
        `Error: The key of the gateway ${id} is sealed to the OS keyring, which does not know it\n` +
        `Run: runbeam harmony:set-key --id ${id} --key-file FILE\n`,
    });
  });
});

test('without a keyring the key that there is stays', async () => {
  const it = await keyedGateway(keep);
  const before = await revealed(it);
  await expectCli(it.user, 'runbeam harmony:set-key gw --generate --keyring', {
    code: 1,
    stderr:
      'Error: There is no OS keyring here\n' +
      `Hint: Try it in your desktop session, or keep the key in a file: runbeam harmony:set-key --id ${it.id} --key-file FILE\n`,
  });
  expect([await revealed(it), keyFiles(it)]).toEqual([before, ['encryption.key']]);
});
