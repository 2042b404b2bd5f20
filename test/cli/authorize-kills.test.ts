/** `runbeam harmony:authorize`, killed with SIGKILL before each single file that it writes, adds to or removes. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { STANDALONE_BIN } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { json } from '../support/expect-cli.ts';
import { keyedGateway, type KeyedGateway } from '../support/gateway-key.ts';
import { succeeded } from '../support/login.ts';

const keep = cleanup(afterEach);

const PRELOAD = pathToFileURL(join(import.meta.dirname, '../support/die-at-write.mjs')).href;

/** More than the command writes. */
const MOST = 60;

/** Whether it was killed before its Nth file; otherwise it has done all of them. */
async function killedAt({ user, config }: KeyedGateway, n: number): Promise<boolean> {
  const env = {
    ...(STANDALONE_BIN === undefined ? { NODE_OPTIONS: `--import=${PRELOAD}` } : { BUN_OPTIONS: `--preload=${PRELOAD}` }),
    BEAMD_TEST_DIE_IN: user.homes.runbeam,
    BEAMD_TEST_DIE_AT: String(n),
  };
  const { code, signal } = await user.start('runbeam', ['harmony:authorize', 'gw', '-y', '--config', config], { env }).done;
  expect({ n, code, signal }).toEqual(signal === null ? { n, code: 0, signal } : { n, code: null, signal: 'SIGKILL' });
  return signal !== null;
}

interface Told {
  readonly tokens: readonly { readonly standing: string; readonly gateway_code: string }[];
}

test('what was issued is known, kept or told to be perhaps issued, and the next command brings it about', async () => {
  const it = await keyedGateway(keep);
  const { user, cloud, harmony, config } = it;
  const saved = join(user.root, 'saved');
  cpSync(user.homes.runbeam, saved, { recursive: true, preserveTimestamps: true });
  const seen = new Set<string>();
  let n = 1;
  for (; n < MOST; n += 1) {
    rmSync(user.homes.runbeam, { recursive: true });
    cpSync(saved, user.homes.runbeam, { recursive: true, preserveTimestamps: true });
    const before = cloud.issued().length;
    const killed = await killedAt(it, n);
    const issued = cloud.issued().length - before;
    const { tokens } = (await json(user, 'runbeam:harmony:tokens', 'runbeam harmony:tokens --all')) as Told;
    const standings = tokens.map(({ standing }) => standing);
    seen.add(`${String(issued)} issued: ${standings.join(', ') || 'none'}`);
    const { instances } = (await json(user, 'runbeam:harmony:list', 'runbeam harmony:list')) as {
      instances: { token?: string }[];
    };
    const isKept = standings.includes('undelivered');
    expect({ n, token: instances[0]?.token }).toEqual({
      n,
      token: isKept ? 'undelivered' : instances[0]?.token === 'stored' ? 'stored' : undefined,
    });
    if (!killed) break;
    const now = cloud.issued().length;
    succeeded(await user.runbeam('harmony:authorize', 'gw', '-y', '--config', config, ...(isKept ? ['--retry'] : [])));
    expect({ n, more: cloud.issued().length - now }).toEqual({ n, more: isKept ? 0 : 1 });
    const newest = cloud.issued().at(-1)?.machineToken;
    expect(await harmony.storedToken()).toMatchObject({ machine_token: newest });
  }
  expect(n).toBeLessThan(MOST);
  // An answer may still come for a minute: so long it is not told to be lost.
  expect([...seen]).toEqual(['0 issued: none', '1 issued: none', '1 issued: undelivered', '1 issued: live']);
});
