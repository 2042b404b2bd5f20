import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { failure } from '../../errors.testing.ts';
import { readStdin } from './input.ts';

test('reads everything, characters split over chunks too', async () => {
  const bytes = Buffer.from('tökén\n');
  expect(await readStdin(Readable.from([bytes.subarray(0, 2), bytes.subarray(2)]))).toBe('tökén\n');
});

test('refuses more than 64 KiB', async () => {
  expect((await failure(() => readStdin(Readable.from([Buffer.alloc(65_537)])))).code).toBe('usage');
});
