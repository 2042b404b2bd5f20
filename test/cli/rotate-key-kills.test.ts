/** `runbeam harmony:rotate-key`, killed with SIGKILL before each single file that it writes or removes. */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { STANDALONE_BIN } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { fitting } from '../support/expect-cli.ts';
import { keyedGateway, keyIn, leftOf, storedToken, type KeyedGateway } from '../support/gateway-key.ts';
import { succeeded } from '../support/login.ts';

const keep = cleanup(afterEach);

const PRELOAD = pathToFileURL(join(import.meta.dirname, '../support/die-at-write.mjs')).href;

/** More than any of the commands writes. */
const MOST = 30;

/** Whether it was killed before its Nth file; otherwise it has done all of them. */
async function killedAt(it: KeyedGateway, n: number, ...args: string[]): Promise<boolean> {
  const env = {
    ...(STANDALONE_BIN === undefined ? { NODE_OPTIONS: `--import=${PRELOAD}` } : { BUN_OPTIONS: `--preload=${PRELOAD}` }),
    BEAMD_TEST_DIE_IN: it.folder,
    BEAMD_TEST_DIE_AT: String(n),
  };
  const line = ['harmony:rotate-key', 'gw', '-y', '--config', it.config, ...args];
  const { code, signal } = await it.user.start('runbeam', line, { env }).done;
  expect({ n, code, signal }).toEqual(signal === null ? { n, code: 0, signal } : { n, code: null, signal: 'SIGKILL' });
  return signal !== null;
}

/** Whoever asks gets the token that is stored, old or new, at every moment: nothing is issued for that. */
async function readable({ user, cloud, config, id }: KeyedGateway): Promise<void> {
  const issued = cloud.issued();
  const got = succeeded(await user.runbeam('token:get', '-g', id, '--raw', '--config', config)).stdout;
  const tokens = issued.map(({ machineToken }) => machineToken);
  expect(tokens).toContain((JSON.parse(got) as { readonly machine_token: string }).machine_token);
  expect(cloud.issued()).toHaveLength(issued.length);
}

/** A gateway that is authorized, and a way back to when it had just been. */
async function authorized(): Promise<{ readonly it: KeyedGateway; readonly key: string; readonly restore: () => void }> {
  const it = await keyedGateway(keep);
  succeeded(await it.user.runbeam('harmony:authorize', 'gw', '-y', '--config', it.config));
  const saved = join(it.user.root, 'saved');
  cpSync(it.folder, saved, { recursive: true, preserveTimestamps: true });
  const restore = (): void => {
    rmSync(it.folder, { recursive: true });
    cpSync(saved, it.folder, { recursive: true, preserveTimestamps: true });
  };
  return { it, key: keyIn(join(it.folder, 'encryption.key')), restore };
}

test('an exchange goes on and is finished, wherever it was killed', async () => {
  const { it, key, restore } = await authorized();
  let n = 1;
  for (; n < MOST; n += 1) {
    restore();
    const killed = await killedAt(it, n);
    await readable(it);
    const { stdout } = succeeded(await it.user.runbeam('harmony:rotate-key', 'gw', '-y', '--config', it.config, '--json'));
    expect(fitting('runbeam:harmony:rotate-key', stdout)).toMatchObject({ state: 'rotated' });
    const next = keyIn(join(it.folder, 'encryption.key'));
    expect(next).not.toBe(key);
    const newest = { machine_token: it.cloud.issued().at(-1)?.machineToken };
    expect([await storedToken(it), await it.harmony.storedToken(next)]).toMatchObject([newest, newest]);
    succeeded(await it.user.runbeam('harmony:rotate-key', 'gw', '--finish'));
    expect({ n, left: leftOf(it) }).toEqual({ n, left: [] });
    if (!killed) break;
  }
  // The note, key, token, marker and new key; the token, kept, stored twice and kept no more; and the note again.
  expect(n).toBe(10 + 1);
});

test('until the gateway has the new key the old one comes back as it was, wherever the exchange was killed', async () => {
  const { it, key, restore } = await authorized();
  const marker = readFileSync(join(it.folder, 'configured-key.json'), 'utf8');
  const aborted: boolean[] = [];
  for (let n = 1; n < MOST; n += 1) {
    restore();
    if (!(await killedAt(it, n))) break;
    const { code, stderr } = await it.user.runbeam('harmony:rotate-key', 'gw', '--abort');
    const back = keyIn(join(it.folder, 'encryption.key')) === key;
    if (n === 1) expect(stderr).toContain('No exchange of the key of gw is under way');
    else if (code === 0) {
      expect({ n, back, left: leftOf(it) }).toEqual({ n, back: true, left: [] });
      expect(readFileSync(join(it.folder, 'configured-key.json'), 'utf8')).toBe(marker);
    } else expect(stderr).toContain('The gateway has the new key already');
    await readable(it);
    aborted.push(code === 0);
  }
  // First there is nothing to take back yet; at last the token is stored, and so it was delivered.
  expect(aborted).toEqual([false, ...Array<boolean>(6).fill(true), ...Array<boolean>(3).fill(false)]);
});

test.each([
  // The token, the key, and the note of the exchange.
  ['--finish', 'The old key of gw is gone', 3],
  // Before these the marker and the key.
  ['--abort', 'gw has its old key again', 5],
] as const)('%s is done again, wherever it was killed', async (end, done, files) => {
  const { it } = await authorized();
  if (end === '--abort') it.harmony.faults.next('POST /admin/token', { status: 503 });
  const begun = join(it.user.root, 'begun');
  await it.user.runbeam('harmony:rotate-key', 'gw', '-y', '--config', it.config);
  cpSync(it.folder, begun, { recursive: true, preserveTimestamps: true });
  let n = 1;
  for (; n < MOST; n += 1) {
    rmSync(it.folder, { recursive: true });
    cpSync(begun, it.folder, { recursive: true, preserveTimestamps: true });
    const killed = await killedAt(it, n, end);
    await readable(it);
    if (!killed) break;
    expect(succeeded(await it.user.runbeam('harmony:rotate-key', 'gw', end)).stdout).toContain(done);
    expect({ n, left: leftOf(it) }).toEqual({ n, left: [] });
    await readable(it);
  }
  expect(n).toBe(files + 1);
});
