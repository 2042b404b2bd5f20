import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock as clock } from '../../clock.ts';
import { withLock } from './file-lock.ts';
import { HolderWatch, type Holder } from './lock-holder.ts';
import { thisProcess, type ProcessIdentity } from './process-identity.ts';
import { BeamError } from '../../errors.ts';
import { failure } from '../../errors.testing.ts';
import { tempFolder } from '../temp-home.testing.ts';

let folder: string;
let lock: string;

beforeEach(() => {
  folder = tempFolder();
  lock = join(folder, 'lock');
});

/** Every file of the lock, and what was left beside it. */
const files = (): string[] => [...readdirSync(lock), ...readdirSync(folder).filter((name) => name.endsWith('.tmp'))];

type Planted = Partial<Holder> & { readonly state?: 'h' | 's' };

/** A lock file as another process would have made it. */
function plant(number: number, { state = 'h', ...holder }: Planted, ageMs = 0): void {
  mkdirSync(lock, { recursive: true });
  const text = `${state}${JSON.stringify({ ...thisProcess(), ...holder, nonce: 'x' })}\n`;
  writeFileSync(join(lock, `g${String(number)}`), text);
  touch(number, ageMs);
}

function touch(number: number, ageMs: number): void {
  const file = join(lock, `g${String(number)}`);
  const time = (Date.now() - ageMs) / 1000;
  utimesSync(file, time, time);
}

/** What a waiter gets within 100 ms. */
async function tryLock(): Promise<string> {
  return withLock(lock, () => Promise.resolve('had it'), { clock, timeout: 100 }).catch(() => 'busy');
}

describe('withLock', () => {
  test('gives back what the work gives, and lets go when it fails', async () => {
    expect(await withLock(lock, () => Promise.resolve(7), { clock })).toBe(7);
    await expect(withLock(lock, () => Promise.reject(new Error('work')), { clock })).rejects.toThrow('work');
    expect(await tryLock()).toBe('had it');
    expect(files()).toEqual(['g4']);
  });

  test('lets one at a time of this process in', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, (inside += 1));
      await clock.sleep(2);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 20 }, () => withLock(lock, work, { clock })));
    expect(most).toBe(1);
  });

  test('says so when it is held too long', async () => {
    await withLock(
      lock,
      async () => {
        expect(await failure(() => withLock(lock, () => Promise.resolve(), { clock, timeout: 50 }))).toMatchObject({
          code: 'busy',
          message: `Another process has held ${lock} for 0.05 seconds`,
        });
      },
      { clock },
    );
  });

  test('waits as long as it says, whatever is done to the wall clock meanwhile', async () => {
    await withLock(
      lock,
      async () => {
        let ahead = 0;
        const set = { ...clock, now: () => Date.now() + (ahead = 3_600_000 - ahead) };
        const began = clock.elapsed();
        expect((await failure(() => withLock(lock, () => Promise.resolve(), { clock: set, timeout: 100 }))).code).toBe('busy');
        expect(clock.elapsed() - began).toBeGreaterThanOrEqual(100);
      },
      { clock },
    );
  });

  test('stops waiting on a signal', async () => {
    await withLock(
      lock,
      async () => {
        const signal = AbortSignal.abort(new Error('stop'));
        expect(await failure(() => withLock(lock, () => Promise.resolve(), { clock, signal }))).toMatchObject({
          code: 'interrupted',
          message: 'Interrupted while waiting for another process',
        });
      },
      { clock },
    );
  });

  test('needs its folder', async () => {
    const path = join(folder, 'no', 'lock');
    expect((await failure(() => withLock(path, () => Promise.resolve(), { clock }))).code).toBe('storage');
  });

  const ELSEWHERE = { boot: 'other', beats: true };
  const NOT_OLD = 0;
  const OLD = 700_000;

  test.each<[string, string, Planted, number, string, number]>([
    ['on another machine of the same name falls silent', 'silent', ELSEWHERE, NOT_OLD, 'had it', 15_000],
    ['on another machine of the same name lives', 'beating', ELSEWHERE, NOT_OLD, 'busy', 17_000],
    ['in another container falls silent', 'silent', { namespace: '7', beats: true }, NOT_OLD, 'had it', 15_000],
    ['on another machine spends and falls silent', 'silent', { ...ELSEWHERE, state: 's' }, NOT_OLD, 'timeout', 10_000],
    ['on another machine spends and is long silent', 'silent', { ...ELSEWHERE, state: 's' }, OLD, 'had it', 6_000],
    ['on another machine spends, and its clock is wrong', 'beating', { ...ELSEWHERE, state: 's' }, OLD, 'timeout', 10_000],
    ['lives and spends', 'silent', { beats: true, state: 's' }, NOT_OLD, 'timeout', 10_000],
    ['lives, and its file looks old', 'beating', { beats: true }, OLD, 'busy', 10_000],
    ['is stopped for ten minutes', 'silent', { beats: true, state: 's' }, OLD, 'had it', 6_000],
    ['spent and is dead', 'silent', { pid: 4_194_300, beats: true, state: 's' }, NOT_OLD, 'had it', 0],
  ])('when the holder %s', async (_name, heart, holder, ageMs, expected, after) => {
    plant(5, holder, ageMs);
    let elapsed = 0;
    const owned = {
      ...clock,
      elapsed: () => elapsed,
      sleep: (ms: number) => {
        const before = Math.floor(elapsed / 2_000);
        elapsed += ms;
        if (heart === 'beating' && Math.floor(elapsed / 2_000) > before) touch(5, ageMs - elapsed);
        return Promise.resolve();
      },
    };
    const outcome = await withLock(lock, () => Promise.resolve('had it'), { clock: owned }).catch((error: unknown) =>
      error instanceof BeamError ? error.code : error,
    );
    expect(outcome).toBe(expected);
    expect(elapsed).toBeGreaterThanOrEqual(after);
    expect(elapsed).toBeLessThan(after + 100);
  });

  test('who bears with silence no longer passes over a holder that lives, from one try to the next, and waits for none', async () => {
    plant(5, { beats: true });
    let elapsed = 0;
    const owned = { ...clock, elapsed: () => elapsed, sleep: () => Promise.reject(new Error('waits')) };
    const watch = new HolderWatch(owned, 8_000);
    const tried = (): Promise<unknown> =>
      withLock(lock, () => Promise.resolve('had it'), { clock: owned, timeout: 0, watch }).catch((error: unknown) =>
        error instanceof BeamError ? error.code : error,
      );
    const outcomes = [await tried()];
    for (const [at, beats] of [
      [7_000, true],
      [14_900, false],
      [15_000, false],
    ] as const) {
      elapsed = at;
      if (beats) touch(5, -at);
      outcomes.push(await tried());
    }
    expect(outcomes).toEqual(['busy', 'busy', 'busy', 'had it']);
  });

  test('whoever lost it is told before it spends, and leaves the new holder alone', async () => {
    await withLock(
      lock,
      async (held) => {
        expect(held.isOurs()).toBe(true);
        const [file = ''] = readdirSync(lock);
        plant(Number(file.slice(1)) + 1, {});
        rmSync(join(lock, file));
        expect(held.isOurs()).toBe(false);
        expect((await failure(() => held.spend())).code).toBe('busy');
      },
      { clock },
    );
    expect(await tryLock()).toBe('busy');
  });

  test.each<[string, Partial<ProcessIdentity>, number, string]>([
    ['lives', {}, 0, 'busy'],
    ['lives and has held it for long', {}, 3_600_000, 'busy'],
    ['is dead', { pid: 4_194_300 }, 0, 'had it'],
    ['is dead and its pid is used again', { started: '1' }, 0, 'had it'],
    ['died with the machine', { boot: 'earlier' }, 0, 'had it'],
    ['is on another machine', { boot: 'other', host: 'other' }, 0, 'busy'],
    ['was on another machine', { boot: 'other', host: 'other' }, 700_000, 'had it'],
    ['is in a container', { namespace: '7' }, 0, 'busy'],
    ['was in a container', { namespace: '7' }, 700_000, 'had it'],
  ])('when the holder %s', async (_name, holder, ageMs, expected) => {
    plant(5, holder, ageMs);
    expect(await tryLock()).toBe(expected);
  });

  test.each([
    ['', 0, 'had it'],
    ['\0\0\0', 0, 'had it'],
    ['hnot json', 0, 'busy'],
    ['hnot json', 700_000, 'had it'],
    ['h{}', 0, 'busy'],
  ])('when the lock says %j', async (text, ageMs, expected) => {
    plant(5, {}, ageMs);
    const time = (Date.now() - ageMs) / 1000;
    writeFileSync(join(lock, 'g5'), text);
    utimesSync(join(lock, 'g5'), time, time);
    expect(await tryLock()).toBe(expected);
  });
});

describe('between processes', () => {
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    const pathOf = (file: string): string => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)));
    const input = join(folder, 'lock-entry.mjs');
    const exports = [
      `export { withLock } from ${pathOf('./file-lock.ts')};`,
      `export { systemClock as clock } from ${pathOf('../../clock.ts')};`,
    ];
    writeFileSync(input, exports.join('\n'));
    await build({ input, platform: 'node', output: { file: join(folder, 'lock-module.mjs'), format: 'esm' } });
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** Runs code in a process of its own, where `withLock`, `clock`, `fs`, `folder` and `lock` are known. */
  function start(code: string): ChildProcess {
    const file = join(folder, `child-${String(children.length)}.mjs`);
    const paths = `const folder = ${JSON.stringify(folder)}; const lock = ${JSON.stringify(lock)};`;
    writeFileSync(
      file,
      `import * as fs from 'node:fs';\nimport { clock, withLock } from './lock-module.mjs';\n${paths}\n${code}`,
    );
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  }

  /** Stops a process for a moment, again and again, until all have ended: it acts on what it read long ago. */
  async function disturb(running: readonly ChildProcess[]): Promise<void> {
    for (;;) {
      const alive = running.filter((child) => child.exitCode === null);
      const victim = alive[Math.floor(Math.random() * alive.length)];
      if (victim === undefined) return;
      victim.kill('SIGSTOP');
      await clock.sleep(Math.random() * 20);
      victim.kill('SIGCONT');
      await clock.sleep(5);
    }
  }

  async function end(child: ChildProcess): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  test('8 processes count to 400 and none is ever inside with another', async () => {
    writeFileSync(join(folder, 'counter'), '0');
    const code = `
      for (let i = 0; i < 50; i += 1) await withLock(lock, async () => {
        // Fails if another holder is inside.
        fs.closeSync(fs.openSync(folder + '/inside', 'wx'));
        const value = Number(fs.readFileSync(folder + '/counter', 'utf8'));
        if (i % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        fs.writeFileSync(folder + '/counter', String(value + 1));
        fs.unlinkSync(folder + '/inside');
      }, { clock, timeout: 60000 });`;
    const running = Array.from({ length: 8 }, () => start(code));
    const [codes] = await Promise.all([Promise.all(running.map(end)), disturb(running)]);
    expect(codes).toEqual(Array.from({ length: 8 }, () => 0));
    expect([readFileSync(join(folder, 'counter'), 'utf8'), files()]).toEqual(['400', ['g401']]);
  });

  test('killed holders do not keep it', async () => {
    const code = `await withLock(lock, async () => {
      console.log('held');
      await new Promise((resolve) => setTimeout(resolve, 60000));
    }, { clock });`;
    for (let round = 0; round < 3; round += 1) {
      const holder = start(code);
      if (holder.stdout !== null) await once(holder.stdout, 'data');
      expect(await tryLock()).toBe('busy');
      holder.kill('SIGKILL');
      await end(holder);
      expect(await tryLock()).toBe('had it');
    }
  });

  test.each([
    ['a short path', ''],
    ['a path longer than a socket may have', 'x'.repeat(120)],
  ])('a holder in another container is seen to live and to die at once, at %s', async (_, longer) => {
    lock = join(folder, `lock${longer}`);
    const holder = start(`await withLock(lock, async () => {
      console.log('held');
      await new Promise((resolve) => setTimeout(resolve, 60000));
    }, { clock, long: true });`);
    if (holder.stdout !== null) await once(holder.stdout, 'data');
    const generation = join(lock, 'g2');
    // As it would stand there if its pid meant nothing here.
    const written = readFileSync(generation, 'latin1').replace(/"namespace":"(\d+)"/u, (all) => all.replace(/\d/gu, '7'));
    writeFileSync(generation, written);
    expect(await tryLock()).toBe('busy');
    holder.kill('SIGSTOP');
    expect(await tryLock()).toBe('busy');
    holder.kill('SIGKILL');
    await end(holder);
    expect([await tryLock(), files()]).toEqual(['had it', ['g3']]);
  });

  test('killed at any moment, they leave it free and nobody shares it', async () => {
    const code = `
      function lives(pid) {
        try {
          const state = fs.readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ')[1][0];
          return state !== 'Z' && state !== 'X';
        } catch {
          return false;
        }
      }
      for (;;) await withLock(lock, async () => {
        const other = fs.existsSync(folder + '/inside') ? fs.readFileSync(folder + '/inside', 'utf8') : '';
        if (other !== '' && lives(other)) fs.appendFileSync(folder + '/shared', other + ' ');
        fs.writeFileSync(folder + '/inside', String(process.pid));
        if (Math.random() < 0.1) await new Promise((resolve) => setTimeout(resolve, 1));
        fs.writeFileSync(folder + '/inside', '');
        fs.appendFileSync(folder + '/count', '.');
        console.log('.');
      }, { clock, timeout: 60000 });`;
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let round = 0; round < 10; round += 1) {
          const child = start(code);
          // A loaded machine takes its time to start one; from its first work on, any moment may be its last.
          if (child.stdout !== null) await once(child.stdout, 'data');
          await clock.sleep(Math.random() * 100);
          child.kill('SIGKILL');
          await end(child);
        }
      }),
    );
    expect(readdirSync(folder)).not.toContain('shared');
    expect(readFileSync(join(folder, 'count'), 'utf8').length).toBeGreaterThanOrEqual(40);
    expect(await tryLock()).toBe('had it');
  });
});
