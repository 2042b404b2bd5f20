/** The commands of a gateway's key: how the gateway is named, where the key is from, and what an exchange forbids. */
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { newIdentity } from '../../sandbox/harmony/age.ts';
import { cleanup } from '../support/cleanup.ts';
import { expectCli, json } from '../support/expect-cli.ts';
import { findInText } from '../support/find-secrets.ts';
import { keyedGateway, keyIn } from '../support/gateway-key.ts';
import { succeeded } from '../support/login.ts';

const keep = cleanup(afterEach);

const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('a gateway is named by its label, by its id, and only once', async () => {
  const { user, id } = await keyedGateway(keep);
  const shown = await json(user, 'runbeam:harmony:show-key', 'runbeam harmony:show-key gw');
  expect(shown).toMatchObject({ instance: { id, label: 'gw' }, source: 'file', recipient: expect.stringMatching(/^age1/) });
  for (const named of [id, '-l gw', `--id ${id}`]) {
    expect(await json(user, 'runbeam:harmony:show-key', `runbeam harmony:show-key ${named}`)).toEqual(shown);
  }
  const twice = { code: 2, stderr: 'Error: The instance is named twice\nHint: Give NAME, or -l LABEL, or --id ID\n' };
  for (const command of ['show-key', 'delete-key', 'rotate-key', 'set-key --generate']) {
    const [name = '', ...flags] = command.split(' ');
    await expectCli(user, ['runbeam', `harmony:${name}`, 'gw', '-l', 'gw', ...flags].join(' '), twice);
  }
  await expectCli(user, 'runbeam harmony:delete-key gw', {
    stdout: '✓ Deleted the key of gw\nA new one is made at the next authorization\n',
  });
  await expectCli(user, 'runbeam harmony:show-key gw', {
    code: 2,
    stderr: `Error: There is no stored key for the gateway ${id}\nRun: runbeam harmony:set-key --id ${id} --key -\n`,
  });
});

test('a key comes from -k with a warning, from standard input and from a file; all are the same', async () => {
  const { user, folder } = await keyedGateway(keep);
  const stored = join(folder, 'encryption.key');
  const [first, second, third] = [await newIdentity(), await newIdentity(), await newIdentity()];

  const typed = succeeded(await user.runbeam('harmony:set-key', 'gw', '-k', base64(first)));
  expect(typed.stderr).toBe(
    '! A key on the command line shows up in ps and in the shell history\nHint: --key - reads it from standard input\n',
  );
  expect(keyIn(stored)).toBe(first);

  const read = succeeded(await user.run('runbeam', ['harmony:set-key', 'gw', '-k', '-'], { stdin: `${second}\n` }));
  expect([read.stderr, keyIn(stored)]).toEqual(['', second]);

  const file = join(user.work, 'gw.key');
  writeFileSync(file, `${base64(third)}\n`, { mode: 0o600 });
  const fromFile = succeeded(await user.runbeam('harmony:set-key', 'gw', '--key-file', file));
  expect([fromFile.stderr, keyIn(stored)]).toEqual(['', third]);
  expect(findInText('output', user.transcript(), [first, second, third])).toEqual([]);
});

test('what is no key is refused without being shown, and the key that there is stays', async () => {
  const { user, folder } = await keyedGateway(keep);
  const before = keyIn(join(folder, 'encryption.key'));
  const canary = randomBytes(20).toString('hex');
  const ran = await user.run('runbeam', ['harmony:set-key', 'gw', '-k', '-'], { stdin: canary });
  expect({ code: ran.code, stdout: ran.stdout, found: findInText('output', ran.stderr, [canary]) }).toEqual({
    code: 2,
    stdout: '',
    found: [],
  });
  expect(keyIn(join(folder, 'encryption.key'))).toBe(before);
});

test('while a key is exchanged no other command takes one of the two away', async () => {
  const { user, id, config, harmony, folder } = await keyedGateway(keep);
  harmony.faults.next('POST /admin/token', { status: 503 });
  expect((await user.runbeam('harmony:rotate-key', 'gw', '-y', '--config', config)).code).toBe(7);
  const keys = ['encryption.key', 'encryption.key.previous'].map((name) => keyIn(join(folder, name)));
  const refused = {
    code: 1,
    stderr: `Error: The key of the gateway ${id} is being exchanged\nRun: runbeam harmony:rotate-key --id ${id}\n`,
  };
  await expectCli(user, 'runbeam harmony:set-key gw --generate', refused);
  await expectCli(user, 'runbeam harmony:delete-key gw', refused);
  expect(['encryption.key', 'encryption.key.previous'].map((name) => keyIn(join(folder, name)))).toEqual(keys);

  // What was issued is not lost with the key that was to go along.
  const aborted = await user.runbeam('harmony:rotate-key', 'gw', '--abort');
  expect(aborted).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      new RegExp(
        '^✓ gw has its old key again\nkey  age1.+\n' +
          `A machine token is kept that the gateway may not have, and goes to it with the old key\n` +
          `Run: runbeam harmony:authorize --id ${id} --retry\n$`,
      ),
    ),
    stderr: '',
  });
  succeeded(await user.runbeam('harmony:authorize', '--id', id, '--retry', '-y', '--config', config));
  expect(await harmony.storedToken(keys[1])).toMatchObject({ gateway_code: id });
  succeeded(await user.runbeam('harmony:set-key', 'gw', '--generate'));
});

test('harmony:revoke takes the token of before an exchange away, too', async () => {
  const { user, config, folder } = await keyedGateway(keep);
  succeeded(await user.runbeam('harmony:authorize', 'gw', '-y', '--config', config));
  succeeded(await user.runbeam('harmony:rotate-key', 'gw', '-y', '--config', config));
  const files = ['auth.json.previous', 'runbeam/auth.json', 'auth.json'].map((name) => join(folder, name));
  expect(files.map((file) => existsSync(file))).toEqual([true, true, true]);
  succeeded(await user.runbeam('harmony:revoke', '-l', 'gw', '-y'));
  expect(files.map((file) => existsSync(file))).toEqual([false, false, false]);
  succeeded(await user.runbeam('harmony:rotate-key', 'gw', '--finish'));
  await expectCli(user, 'runbeam harmony:rotate-key gw --abort', {
    code: 2,
    stderr: expect.stringContaining('No exchange of the key of gw is under way') as string,
  });
});
