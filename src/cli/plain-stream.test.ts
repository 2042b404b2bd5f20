import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOutput } from './output.ts';
import { PlainStream, isPlain } from './plain-stream.ts';

let folder: string;
const descriptors: number[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plain-'));
});

afterEach(() => {
  for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

/** `name` in the folder of the test, or an absolute path. */
function open(name: string, flags: number): number {
  const descriptor = openSync(resolve(folder, name), flags, 0o600);
  descriptors.push(descriptor);
  return descriptor;
}

/** A pipe that both ends of are here, and what is in it. */
function pipe(): { readonly descriptor: number; read(): Buffer } {
  spawnSync('mkfifo', [join(folder, 'pipe')]);
  const descriptor = open('pipe', constants.O_RDWR | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(1_048_576);
  return { descriptor, read: () => buffer.subarray(0, readSync(descriptor, buffer)) };
}

const never = (): never => {
  throw new Error('not needed');
};

test('writes to a file at once', async () => {
  const descriptor = open('file', constants.O_WRONLY | constants.O_CREAT);
  const stream = new PlainStream(descriptor, never);
  const output = createOutput({ stdout: stream, stderr: stream }, {});
  output.result('grüße');
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('grüße\n');
  await output.flush();
});

test('hands over to a stream where a pipe takes no more, and nothing is lost or doubled', async () => {
  const both = pipe();
  const rest: Buffer[] = [];
  const instead = new Writable({
    write(chunk: Buffer, _, callback) {
      rest.push(chunk);
      setImmediate(callback);
    },
  });
  const stream = new PlainStream(both.descriptor, () => instead);
  const text = 'ü€'.repeat(40_000);
  stream.write(text);
  stream.write('the end');
  const output = createOutput({ stdout: stream, stderr: stream }, {});
  await output.flush();
  const first = both.read();
  expect(first.length).toBeLessThan(Buffer.byteLength(text));
  expect(Buffer.concat([first, ...rest]).toString()).toBe(`${text}the end`);
});

test('a full disk is told', async () => {
  const stream = new PlainStream(open('/dev/full', constants.O_WRONLY), never);
  const output = createOutput({ stdout: stream, stderr: stream }, {});
  output.result('lost');
  await expect(output.flush()).rejects.toMatchObject({ code: 'storage_full' });
});

test('a terminal or another device is not plain', () => {
  const { descriptor } = pipe();
  expect([descriptor, open('file', constants.O_WRONLY | constants.O_CREAT), open('/dev/null', constants.O_RDONLY), 9_999].map(isPlain)).toEqual([true, true, false, false]);
});
