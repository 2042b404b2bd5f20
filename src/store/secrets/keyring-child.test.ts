import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock, type Clock } from '../../clock.ts';
import { tempFolder } from '../temp-home.testing.ts';
import { nodeProgram } from '../../programs.ts';
import { createKeyring, type KeyringDeps } from './keyring-child.ts';
import { parseKeyringAnswer, parseKeyringRequest } from './keyring-protocol.ts';
import { standInKeyring, type StandIn } from './keyring.testing.ts';

let folder: string;
let standIn: StandIn;

beforeEach(() => {
  folder = tempFolder();
  standIn = standInKeyring(folder);
});

const open = (deps: Partial<KeyringDeps> = {}): ReturnType<typeof createKeyring> =>
  createKeyring({ env: standIn.env, clock: systemClock, program: standIn.program, ...deps });

/** A clock on which only what the test wants is ever over. */
function ownSleep(): { clock: Clock; asked: number[]; end: (ms: number) => void } {
  const sleeping = new Map<number, () => void>();
  const asked: number[] = [];
  const sleep: Clock['sleep'] = (ms) => {
    asked.push(ms);
    return new Promise((resolve) => sleeping.set(ms, resolve));
  };
  return { clock: { now: () => 0, elapsed: () => 0, sleep }, asked, end: (ms) => sleeping.get(ms)?.() };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('sets, gets and deletes', async () => {
  const keyring = open();
  const value = randomBytes(40).toString('base64');
  const user = 'edge.example.com in /home/zoë/a folder';
  expect([
    await keyring({ op: 'get', user }),
    await keyring({ op: 'set', user, value }),
    await keyring({ op: 'get', user }),
    await keyring({ op: 'delete', user }),
    await keyring({ op: 'delete', user }),
    await keyring({ op: 'probe', user: 'probe 1' }),
  ]).toEqual([{}, {}, { value }, { deleted: true }, { deleted: false }, {}]);
});

test.each([
  ['absent', 'absent'],
  ['locked', 'locked'],
  ['garbage', 'broken'],
  ['crashes', 'broken'],
  ['floods', 'broken'],
] as const)('a program that is %s means %s', async (behaviour, trouble) => {
  standIn.behave(behaviour);
  expect(await open()({ op: 'get', user: 'x' })).toEqual({ trouble });
});

describe('a keyring that hangs', () => {
  test('is killed after 3 s, although it ignores signals, and is not asked again', async () => {
    standIn.behave('hangs');
    const { clock, asked, end } = ownSleep();
    const keyring = open({ clock });
    const answer = keyring({ op: 'get', user: 'x' });
    await vi.waitFor(() => expect(asked).toEqual([15_000, 3_000]), { timeout: 100_000 });
    end(3_000);
    expect(await answer).toEqual({ trouble: 'silent' });
    const { pid } = standIn.last();
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
    expect([await keyring({ op: 'get', user: 'x' }), standIn.asked()]).toEqual([{ trouble: 'silent' }, ['get x']]);
  });

  test('has its 3 s from when it is asked, not from when its program starts', async () => {
    standIn.behave('hangs at start');
    const { clock, asked, end } = ownSleep();
    const answer = open({ clock })({ op: 'get', user: 'x' });
    await vi.waitFor(() => expect(existsSync(join(folder, 'last.json'))).toBe(true), { timeout: 100_000 });
    expect(asked).toEqual([15_000]);
    end(15_000);
    expect(await answer).toEqual({ trouble: 'silent' });
  });

  test('by the real clock too', async () => {
    standIn.behave('hangs');
    expect(await open({ deadline: 50 })({ op: 'get', user: 'x' })).toEqual({ trouble: 'silent' });
  });
});

test('its process gets nothing secret: not as an argument, not in the environment', async () => {
  const canary = randomBytes(16).toString('hex');
  const env = {
    ...standIn.env,
    HOME: '/home/x',
    NODE_OPTIONS: '--no-warnings',
    BEAMD_TOKEN: canary,
    BEAMD_ENCRYPTION_KEY: canary,
  };
  expect(await open({ env })({ op: 'set', user: 'x', value: canary })).toEqual({});
  const { argv, env: seen } = standIn.last();
  expect({ argv, seen }).toEqual({ argv: [], seen: { ...standIn.env, HOME: '/home/x' } });
});

describe('starts no process', () => {
  const onLinux = test.runIf(process.platform === 'linux');

  onLinux('where there is no bus', async () => {
    for (const env of [{}, { XDG_RUNTIME_DIR: '' }, { XDG_RUNTIME_DIR: folder }, { DBUS_SESSION_BUS_ADDRESS: '' }]) {
      expect(await open({ env })({ op: 'probe', user: 'x' })).toEqual({ trouble: 'absent' });
    }
    expect(standIn.asked()).toEqual([]);
    writeFileSync(join(folder, 'bus'), '');
    expect(await open({ env: { XDG_RUNTIME_DIR: folder } })({ op: 'probe', user: 'x' })).toEqual({});
  });

  test('where there is no program', async () => {
    expect(await open({ program: nodeProgram(join(folder, 'none.js')) })({ op: 'probe', user: 'x' })).toEqual({
      trouble: 'absent',
    });
  });
});

describe('the protocol', () => {
  test('never fails on an answer, and knows no trouble but ours', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.constantFrom('{"trouble":1}', '{"trouble":"x"}', '[]', 'null')), (text) => {
        const { trouble } = parseKeyringAnswer(text);
        expect([undefined, 'absent', 'locked', 'silent', 'broken']).toContain(trouble);
      }),
    );
  });

  test('refuses what is no request without showing it', () => {
    for (const text of ['', '{}', '{"op":"steal","user":"x"}', '{"op":"get"}']) {
      expect(() => parseKeyringRequest(text)).toThrow(new TypeError('not a request'));
    }
    expect(parseKeyringRequest('{"op":"set","user":"x","value":"y","more":1}')).toEqual({ op: 'set', user: 'x', value: 'y' });
  });
});
