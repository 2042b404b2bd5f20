import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkPrivateFolder, ensurePrivateFolder, repairFileMode, requirePrivateFile } from './permissions.ts';
import { readSmallFile, removeFile, writeFileAtomic } from './atomic-file.ts';
import { system } from '../../platform/system.ts';
import { sweepTemporary, temporaryName } from './temporary.ts';
import { reserveFile } from './reservation.ts';
import { failure } from '../../errors.testing.ts';
import { tempFolder } from '../temp-home.testing.ts';

const mode = (path: string): number => statSync(path).mode & 0o777;
const isRoot = process.getuid?.() === 0;

describe('ensurePrivateFolder', () => {
  test('makes folders that only the owner can enter', () => {
    const path = join(tempFolder(), 'a', 'b');
    expect(checkPrivateFolder(path)).toBe('absent');
    expect(ensurePrivateFolder(path)).toEqual({});
    expect([mode(path), mode(join(path, '..'))]).toEqual([0o700, 0o700]);
    expect(ensurePrivateFolder(path)).toEqual({});
    expect(checkPrivateFolder(path)).toBe('present');
  });

  test.each([0o755, 0o750, 0o777, 0o701])('closes a folder of mode %o and says so', (loose) => {
    const path = tempFolder();
    chmodSync(path, loose);
    expect(ensurePrivateFolder(path)).toEqual({ repairedFrom: loose });
    expect(mode(path)).toBe(0o700);
  });

  test('refuses a symbolic link and writes nothing behind it', async () => {
    const folder = tempFolder();
    const target = tempFolder();
    const path = join(folder, 'link');
    symlinkSync(target, path);
    const expected = { code: 'unsafe_path', message: `${path} is a symbolic link` };
    expect(await failure(() => ensurePrivateFolder(path))).toMatchObject(expected);
    expect(await failure(() => checkPrivateFolder(path))).toMatchObject(expected);
    expect(readdirSync(target)).toEqual([]);
  });

  test('refuses a file', async () => {
    const path = join(tempFolder(), 'file');
    writeFileSync(path, '');
    expect(await failure(() => ensurePrivateFolder(path))).toMatchObject({
      code: 'unsafe_path',
      message: `${path} is not a folder`,
    });
  });

  test.runIf(isRoot)('refuses a folder of another user', async () => {
    const path = join(tempFolder(), 'theirs');
    mkdirSync(path, { mode: 0o700 });
    execFileSync('chown', ['65534', path]);
    expect(await failure(() => ensurePrivateFolder(path))).toMatchObject({
      code: 'unsafe_path',
      message: `${path} belongs to another user (uid 65534)`,
    });
  });
});

describe('readSmallFile', () => {
  test('reads a file up to its limit, and none as undefined', async () => {
    const path = join(tempFolder(), 'file');
    expect(readSmallFile(path)).toBeUndefined();
    writeFileSync(path, 'äöü');
    expect(readSmallFile(path, 6)).toBe('äöü');
    expect((await failure(() => readSmallFile(path, 5))).code).toBe('bad_file');
    writeFileSync(path, 'x'.repeat(65_537));
    expect(await failure(() => readSmallFile(path))).toMatchObject({
      code: 'bad_file',
      message: `${path} is larger than 64 KiB`,
    });
    expect(readSmallFile(join(path, 'below'))).toBeUndefined();
  });

  test('refuses what is no regular file, without waiting for it', async () => {
    const folder = tempFolder();
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const path of [folder, fifo, '/dev/zero']) {
      expect(await failure(() => readSmallFile(path))).toMatchObject({
        code: 'bad_file',
        message: `${path} is not a regular file`,
      });
    }
  });

  test('follows no link', async () => {
    const folder = tempFolder();
    const path = join(folder, 'link');
    writeFileSync(join(folder, 'file'), 'text');
    symlinkSync('file', path);
    expect(await failure(() => readSmallFile(path))).toMatchObject({
      code: 'unsafe_path',
      message: `Cannot read ${path}: it is a symbolic link`,
    });
  });
});

test('key files that others may read are refused, own files are repaired', async () => {
  const path = join(tempFolder(), 'key');
  requirePrivateFile(path);
  expect(repairFileMode(path)).toBeUndefined();
  for (const loose of [0o644, 0o640, 0o604, 0o660, 0o606, 0o610]) {
    writeFileSync(path, '');
    chmodSync(path, loose);
    expect(
      await failure(() => {
        requirePrivateFile(path);
      }),
    ).toMatchObject({
      code: 'unsafe_path',
      message: `${path} can be read by other users (mode ${loose.toString(8)})`,
    });
    expect(repairFileMode(path)).toBe(loose);
    expect(mode(path)).toBe(0o600);
    requirePrivateFile(path);
  }
});

describe('writeFileAtomic', () => {
  test('replaces a file, privately', () => {
    const folder = tempFolder();
    const path = join(folder, 'file');
    writeFileAtomic(path, 'one');
    writeFileAtomic(path, Buffer.from('two'));
    expect([readFileSync(path, 'utf8'), mode(path), readdirSync(folder)]).toEqual(['two', 0o600, ['file']]);
    writeFileAtomic(path, 'three', { mode: 0o640 });
    expect(mode(path)).toBe(0o640);
  });

  test('replaces a link and not what it points to', () => {
    const folder = tempFolder();
    const path = join(folder, 'link');
    writeFileSync(join(folder, 'file'), 'other');
    symlinkSync('file', path);
    writeFileAtomic(path, 'text');
    expect([readFileSync(join(folder, 'file'), 'utf8'), lstatSync(path).isFile()]).toEqual(['other', true]);
  });

  test('leaves nothing behind when it fails', async () => {
    const folder = tempFolder();
    const path = join(folder, 'taken');
    mkdirSync(path);
    expect(
      await failure(() => {
        writeFileAtomic(path, 'text');
      }),
    ).toMatchObject({
      code: 'bad_file',
      message: `Cannot write ${path}: it is a directory`,
    });
    expect(readdirSync(folder)).toEqual(['taken']);
    const deep = join(folder, 'no', 'file');
    expect(
      await failure(() => {
        writeFileAtomic(deep, 'text');
      }),
    ).toMatchObject({
      code: 'storage',
      message: `Cannot write ${deep}: a folder on its way does not exist`,
    });
  });

  test('removeFile says whether there was one', () => {
    const path = join(tempFolder(), 'file');
    writeFileAtomic(path, 'x');
    expect([removeFile(path), removeFile(path)]).toEqual([true, false]);
  });
});

describe('reserveFile', () => {
  test('holds real space and gives it to the next write', () => {
    const folder = tempFolder();
    const path = join(folder, 'file');
    writeFileAtomic(path, 'old');
    const reservation = reserveFile(path, 65_536);
    const [temporary] = readdirSync(folder).filter((name) => name !== 'file');
    expect(statSync(join(folder, temporary ?? '')).blocks * 512).toBeGreaterThanOrEqual(65_536);
    expect(readFileSync(path, 'utf8')).toBe('old');
    reservation.commit(Buffer.from('new'));
    reservation.release();
    expect([readFileSync(path, 'utf8'), mode(path), readdirSync(folder)]).toEqual(['new', 0o600, ['file']]);
  });

  test('what cannot replace the file stays beside it, and does so later', () => {
    const folder = tempFolder();
    const path = join(folder, 'file');
    const reservation = reserveFile(path, 100);
    const data = Buffer.from('kept');
    mkdirSync(path);
    expect(() => {
      reservation.commit(data);
    }).toThrow('EISDIR');
    const [beside] = readdirSync(folder).filter((name) => name !== 'file');
    expect(readFileSync(join(folder, beside ?? ''), 'utf8')).toBe('kept');
    reservation.commit(data, () => false);
    rmdirSync(path);
    reservation.commit(data);
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['kept', ['file']]);
  });

  test('gives the space back', () => {
    const folder = tempFolder();
    const reservation = reserveFile(join(folder, 'file'), 10);
    reservation.release();
    reservation.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('takes more than was reserved, and survives the loss of the reserved file', () => {
    const folder = tempFolder();
    const path = join(folder, 'file');
    reserveFile(path, 10).commit(Buffer.from('x'.repeat(100)));
    expect(readFileSync(path, 'utf8')).toBe('x'.repeat(100));
    const reservation = reserveFile(path, 10);
    for (const name of readdirSync(folder)) if (name !== 'file') removeFile(join(folder, name));
    expect(() => {
      reservation.commit(Buffer.from('kept'));
    }).toThrow('ENOENT');
    reservation.commit(Buffer.from('kept'));
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['kept', ['file']]);
  });

  test.runIf(isRoot)('needs no more space than it has: a full disk keeps either session whole', async () => {
    const folder = tempFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      console.log('skipped: a small file system cannot be mounted here');
      return;
    }
    try {
      const path = join(folder, 'file');
      writeFileAtomic(path, 'old');
      const reservation = reserveFile(path, 65_536);
      expect(() => writeFileSync(join(folder, 'filler'), Buffer.alloc(1_000_000))).toThrow('ENOSPC');
      const full = { code: 'storage_full', message: `Cannot write ${path}: the disk is full` };
      expect(
        await failure(() => {
          writeFileAtomic(path, 'lost'.repeat(5_000));
        }),
      ).toMatchObject(full);
      expect(await failure(() => reserveFile(path, 65_536))).toMatchObject(full);
      expect(readFileSync(path, 'utf8')).toBe('old');
      reservation.commit(Buffer.from('new'.repeat(20_000)));
      expect(readFileSync(path, 'utf8')).toBe('new'.repeat(20_000));
      expect(readdirSync(folder).sort()).toEqual(['file', 'filler']);
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});

describe('sweepTemporary', () => {
  const now = Date.now();
  const left = (folder: string, name: string, ageMs = 0): void => {
    const path = join(folder, name);
    writeFileSync(path, 'x');
    utimesSync(path, (now - ageMs) / 1000, (now - ageMs) / 1000);
  };

  test('removes what dead writers left, and only that', () => {
    const folder = tempFolder();
    const dead = '4194300';
    left(folder, `.a.yaml.${system.processes.pidNamespace()}.${dead}.x1.tmp`);
    left(folder, `.a.yaml.${system.processes.pidNamespace()}.${String(process.pid)}.x2.tmp`);
    left(folder, `.a.yaml.${system.processes.pidNamespace()}.${String(process.pid)}.x3.tmp`, 3_700_000);
    left(folder, `.a.yaml.99.${dead}.x4.tmp`);
    left(folder, `.a.yaml.99.${dead}.x5.tmp`, 700_000);
    left(folder, 'a.yaml', 9_999_999);
    left(folder, '.other.tmp', 9_999_999);
    expect(sweepTemporary(folder, now)).toBe(3);
    expect(readdirSync(folder).sort()).toEqual(
      [
        `.a.yaml.${system.processes.pidNamespace()}.${String(process.pid)}.x2.tmp`,
        `.a.yaml.99.${dead}.x4.tmp`,
        '.other.tmp',
        'a.yaml',
      ].sort(),
    );
    expect(sweepTemporary(join(folder, 'absent'), now)).toBe(0);
  });

  test('knows the names that writers use', () => {
    const folder = tempFolder();
    left(folder, temporaryName(join(folder, 'file')).slice(folder.length + 1), 3_700_000);
    expect(sweepTemporary(folder, now)).toBe(1);
  });
});
