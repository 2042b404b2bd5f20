import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BeamError } from '../../errors.ts';
import {
  encodeError,
  encodeJob,
  encodeJobError,
  encodeRequest,
  encodeResult,
  parseJob,
  parseRequest,
  parseResponse,
} from './messages.ts';
import { JOBS, METHODS, type Job, type Method } from './wire.ts';

const names = <T extends object>(table: T): (keyof T)[] => Object.keys(table) as (keyof T)[];
const params = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const keys = fc.record({ encryptionKey: fc.string() }, { requiredKeys: [] }).map((value) => ({ ...value }));

const isOneLine = (line: string): boolean => line.indexOf('\n') === line.length - 1;

describe('a request', () => {
  it('arrives as it was sent, in one line', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom<Method>(...names(METHODS)), params, (id, method, given) => {
        const line = encodeRequest({ id, method, params: given });
        expect(isOneLine(line)).toBe(true);
        expect(parseRequest(line)).toEqual({ id, method, params: given });
      }),
    );
  });

  it('is nothing of another kind', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(parseRequest(line)).toBeUndefined();
      }),
    );
  });

  it.each(['dance', 'machineToken', 'load', '__proto__', 'constructor', ''])('for "%s" is answered, and refused', (method) => {
    expect(parseRequest(JSON.stringify({ jsonrpc: '2.0', id: 7, method }))).toMatchObject({
      id: 7,
      problem: { code: 'agent_unavailable', message: 'The agent and this command do not understand each other (method)' },
    });
  });
});

describe('a job', () => {
  it('arrives as it was sent, in one line', () => {
    fc.assert(
      fc.property(fc.string(), keys, fc.constantFrom<Job>(...names(JOBS)), params, (account, given, job, asked) => {
        const line = encodeJob({ account, keys: given, job, params: asked });
        expect(isOneLine(line)).toBe(true);
        expect(parseJob(line)).toEqual({ account, keys: given, job, params: asked });
      }),
    );
  });

  it('is nothing of another kind', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(() => parseJob(line)).toThrow(BeamError);
      }),
    );
  });
});

describe('an answer', () => {
  it('with a result arrives as it was given', () => {
    fc.assert(
      fc.property(fc.nat(), params, (id, result) => {
        expect(parseResponse(encodeResult(id, result))).toEqual({ id, result });
      }),
    );
  });

  const ours = [
    new BeamError('network', 'edge.example.com cannot be reached'),
    new BeamError('locked', 'It is locked', { hint: { command: 'beamd agent unlock' } }),
    new BeamError('bad_key', 'No key', { hint: { text: 'Set BEAMD_ENCRYPTION_KEY' } }),
    new BeamError('server_error', 'Too many requests', { retryAfter: 90 }),
    new BeamError('session_ended', 'Your session ended at 2026-01-01T00:00:00Z', { at: 1_767_225_600 }),
  ];

  it.each(ours)('with an error of ours arrives as it was thrown: $code', (thrown) => {
    const { code, message, hint, retryAfter, at } = thrown;
    for (const line of [encodeError(3, thrown), encodeJobError(thrown)]) {
      expect(parseResponse(line)).toMatchObject({ error: { code, message, hint, retryAfter, at } });
    }
  });

  it('with any other error says nothing of it', () => {
    const line = encodeError(3, new TypeError('secret'));
    expect(line).not.toContain('secret');
    expect(parseResponse(line)).toMatchObject({ id: 3, error: { code: 'failed', message: 'The agent failed at this' } });
  });
});
