/** Tokens that the library keeps: real files, real processes, and the commands over the same homes. */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateX25519Identity } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cleanEnv, PACKAGE_ROOT, runBin } from '../../sandbox/testing.ts';
import { failure } from '../../src/errors.testing.ts';
import { clearToken, loadToken, MachineToken, saveToken } from '../../src/sdk/runbeam.ts';

const DAY = 86_400_000;
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sdk-'));
  vi.stubEnv('BEAMD_HOME', join(home, '.beamd'));
  vi.stubEnv('RUNBEAM_HOME', join(home, '.runbeam'));
  vi.stubEnv('RUNBEAM_ENCRYPTION_KEY', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

function tokenUntil(expiresAt = new Date(Date.now() + DAY).toISOString()): MachineToken {
  const machineToken = `mt_${randomBytes(16).toString('hex')}`;
  return new MachineToken({ machineToken, expiresAt, gatewayId: 'gw_1', gatewayCode: 'gate', abilities: ['a', 'b'] });
}

const plain = (token: MachineToken | undefined): unknown =>
  token && { ...Object.fromEntries(Object.entries(token)), machineToken: token.machineToken.reveal() };

describe('tokens', () => {
  it('are kept for each instance by itself, and replaced and forgotten without the others', async () => {
    const [one, other, newer] = [tokenUntil(), tokenUntil(), tokenUntil()];
    expect(await loadToken('one')).toBeUndefined();
    await saveToken('one', one);
    await saveToken('other', other);
    await saveToken('one', newer);
    expect([plain(await loadToken('one')), plain(await loadToken('other'))]).toEqual([plain(newer), plain(other)]);
    expect(await clearToken('one')).toBe(true);
    expect(await clearToken('one')).toBe(false);
    expect([await loadToken('one'), plain(await loadToken('other'))]).toEqual([undefined, plain(other)]);
  });

  it('are nowhere on disk in the clear, and readable for their user alone', async () => {
    const token = tokenUntil();
    await saveToken('one', token);
    const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = files.map((entry) => join(entry.parentPath, entry.name));
    expect(paths.length).toBeGreaterThan(2);
    for (const path of paths) expect(readFileSync(path, 'latin1')).not.toContain(token.machineToken.reveal());
    const modes = paths.filter((path) => path.includes('one')).map((path) => statSync(path).mode & 0o777);
    expect(new Set(modes)).toEqual(new Set([0o600]));
  });

  it('are never shown by accident', () => {
    const token = tokenUntil();
    expect(`${JSON.stringify(token)} ${String(token.machineToken)}`).not.toContain(token.machineToken.reveal());
  });

  it.each([
    [new Date(Date.now() + DAY).toISOString(), true],
    [new Date(Date.now() - 1).toISOString(), false],
    ['soon', false],
  ])('that end %s are valid: %s', async (expiresAt, valid) => {
    await saveToken('one', tokenUntil(expiresAt));
    const token = await loadToken('one');
    expect([token?.isValid(), token?.isExpired()]).toEqual([valid, !valid]);
  });

  it('are sealed to the key of the environment, in each of its shapes, and opened by no other', async () => {
    const key = await generateX25519Identity();
    const shapes = [
      key,
      `${key}\n`,
      Buffer.from(key).toString('base64'),
      Buffer.from(`# made\n# public\n${key}\n`).toString('base64'),
    ];
    const token = tokenUntil();
    vi.stubEnv('RUNBEAM_ENCRYPTION_KEY', shapes[0]);
    await saveToken('one', token);
    expect(existsSync(join(home, '.runbeam', 'one', 'encryption.key'))).toBe(false);
    for (const shape of shapes) {
      vi.stubEnv('RUNBEAM_ENCRYPTION_KEY', shape);
      expect(plain(await loadToken('one'))).toEqual(plain(token));
    }
    vi.stubEnv('RUNBEAM_ENCRYPTION_KEY', await generateX25519Identity());
    expect((await failure(() => loadToken('one'))).code).toBe('decrypt_failed');
    vi.stubEnv('RUNBEAM_ENCRYPTION_KEY', undefined);
    expect(await failure(() => loadToken('one'))).toEqual({
      code: 'decrypt_failed',
      message: 'There is a machine token, and no key that opens it',
      hint: { text: 'Set RUNBEAM_ENCRYPTION_KEY, or store a new token' },
    });
  });

  it.each(['', '.', '..', '../x', 'a/b', 'config.json', '-x'])('are not kept for %j', async (id) => {
    for (const work of [() => saveToken(id, tokenUntil()), () => loadToken(id), () => clearToken(id)]) {
      await expect(work()).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it('are not read with a key that others can read', async () => {
    await saveToken('one', tokenUntil());
    chmodSync(join(home, '.runbeam', 'one', 'encryption.key'), 0o644);
    expect((await failure(() => loadToken('one'))).code).toBe('unsafe_path');
  });

  it('are what the commands give out', async () => {
    const env = cleanEnv(home);
    const added = await runBin('runbeam', ['harmony:add', '-i', '127.0.0.1', '-p', '8081', '-l', 'gate', '--json'], { env });
    const { instance } = JSON.parse(added.stdout) as { readonly instance: { readonly id: string } };
    const token = tokenUntil();
    await saveToken(instance.id, token);
    const told = await runBin('runbeam', ['token:get', '-g', 'gate', '--raw'], { env });
    expect([told.code, JSON.parse(told.stdout)]).toEqual([
      0,
      expect.objectContaining({ machine_token: token.machineToken.reveal() }),
    ]);
  });

  it('are whole, and can be saved again, after processes that were killed while they saved', async () => {
    const program = `
      const { saveToken, MachineToken } = await import('@beamd/cli/runbeam');
      for (let time = 0; ; time += 1) {
        const name = 'token-' + time;
        await saveToken('one', new MachineToken({ machineToken: name, expiresAt: '2999-01-01T00:00:00Z', gatewayId: name }));
        console.log(name);
      }`;
    for (let kills = 0; kills < 5; kills += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: PACKAGE_ROOT });
      const ended = once(child, 'close');
      // It goes on with the next one at once: the signal finds it somewhere in there.
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await ended;
      const token = await loadToken('one');
      expect(token?.machineToken.reveal()).toMatch(/^token-\d+$/);
      expect(token?.gatewayId).toBe(token?.machineToken.reveal());
    }
    const last = tokenUntil();
    await saveToken('one', last);
    expect(plain(await loadToken('one'))).toEqual(plain(last));
  });

  it('survive several processes of the built library that save them at once, whole', async () => {
    const program = `
      const { saveToken, loadToken, MachineToken } = await import('@beamd/cli/runbeam');
      const expiresAt = '2999-01-01T00:00:00Z';
      for (let time = 0; time < 5; time += 1) {
        const name = process.argv[1] + '-' + time;
        await saveToken('shared', new MachineToken({ machineToken: name, expiresAt, gatewayId: name }));
        const token = await loadToken('shared');
        if (token.machineToken.reveal() !== token.gatewayId) throw new Error('torn');
      }`;
    const run = promisify(execFile);
    const names = ['a', 'b', 'c'];
    await Promise.all(
      names.map((name) => run(process.execPath, ['--input-type=module', '-e', program, name], { cwd: PACKAGE_ROOT })),
    );
    const token = await loadToken('shared');
    expect(names.map((name) => `${name}-4`)).toContain(token?.gatewayId);
  });
});
