import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { failure } from '../../errors.testing.ts';
import { tempFolder } from '../temp-home.testing.ts';
import { readNamedFile } from './named-file.ts';

function namedPipe(): string {
  const path = join(tempFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

test('a file, behind a link too, and none', async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, 'file'), 'töken\n');
  symlinkSync('file', join(folder, 'link'));
  expect(await readNamedFile(join(folder, 'file'))).toBe('töken\n');
  expect(await readNamedFile(join(folder, 'link'))).toBe('töken\n');
  expect(await readNamedFile(join(folder, 'none'))).toBeUndefined();
  expect(await readNamedFile('/dev/null')).toBe('');
});

test('a named pipe, into which somebody writes later', async () => {
  const path = namedPipe();
  const reading = readNamedFile(path);
  await writeFile(path, 'secret');
  expect(await reading).toBe('secret');
});

test('a descriptor of this process by its name', async () => {
  const path = join(tempFolder(), 'file');
  writeFileSync(path, 'text');
  const fd = openSync(path, 'r');
  try {
    expect(await readNamedFile(`/dev/fd/${fd}`)).toBe('text');
  } finally {
    closeSync(fd);
  }
  expect(await readNamedFile('/dev/fd/999999')).toBeUndefined();
});

test('Ctrl-C ends the wait for a pipe into which nobody writes', async () => {
  const stop = new AbortController();
  const reading = readNamedFile(namedPipe(), stop.signal);
  const reason = new Error('interrupted');
  stop.abort(reason);
  await expect(reading).rejects.toBe(reason);
});

test('too much and a folder are refused', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'inner'));
  expect(await failure(() => readNamedFile(join(folder, 'inner')))).toMatchObject({
    code: 'bad_file',
    message: `${join(folder, 'inner')} is a folder`,
  });
  const path = namedPipe();
  const [error] = await Promise.all([
    failure(() => readNamedFile(path)),
    // The reader goes away in the middle.
    writeFile(path, Buffer.alloc(1024 * 1024)).catch(() => undefined),
  ]);
  expect(error).toMatchObject({ code: 'bad_file', message: `${path} is larger than 64 KiB` });
  expect(await failure(() => readNamedFile('/dev/zero'))).toMatchObject({ message: '/dev/zero is larger than 64 KiB' });
});
