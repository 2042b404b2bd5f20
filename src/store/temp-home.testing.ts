/** For the tests of this folder: a home of its own, and errors as whole values. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { BeamError, type ErrorCode } from '../errors.ts';
import { resolveHomes, type Homes } from './paths.ts';

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed after the test; its name has a space and a letter beyond ASCII. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'beamd störe-'));
  made.push(folder);
  return folder;
}

export function tempHomes(): Homes {
  return resolveHomes({}, tempFolder());
}

export interface Failure {
  readonly code: ErrorCode | 'none' | 'foreign';
  readonly message: string;
}

function describe(error: unknown): Failure {
  return error instanceof BeamError ? { code: error.code, message: error.message } : { code: 'foreign', message: String(error) };
}

/** Code and message of what a call throws, to be compared as one value. */
export function failure(call: () => unknown): Failure {
  try {
    call();
    return { code: 'none', message: 'nothing was thrown' };
  } catch (error) {
    return describe(error);
  }
}

export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(() => ({ code: 'none' as const, message: 'nothing was thrown' }), describe);
}
