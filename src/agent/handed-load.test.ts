import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BeamError } from '../errors.ts';
import { withHandedLoad } from './handed-load.ts';
import { memoryWork, ownClock, randomSecret } from './testing.ts';
import type { MemoryWork } from './testing.ts';
import type { LoadedSession, Work } from './work.ts';
import { encodeLoaded } from './worker-protocol.ts';

let folder: string;
let file: string;
let work: MemoryWork;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'handed-'));
  file = join(folder, 'account.yaml');
  work = memoryWork(file, ownClock());
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const handing = (answer: string): Work => withHandedLoad(work, { file, answer: () => Promise.resolve(answer) });
const answered = (loaded: LoadedSession | undefined): string => `${JSON.stringify({ result: encodeLoaded(loaded) })}\n`;
const token = async (from: Work): Promise<string | undefined> => (await from.load())?.accessToken?.reveal();

/** What the store holds, with a token that only the handed answer has. */
function handed(): LoadedSession & { readonly accessToken: ReturnType<typeof randomSecret> } {
  if (work.stored === undefined) throw new Error('nothing is stored');
  return { ...work.stored, accessToken: randomSecret() };
}

test('the first load is the one that was handed over, the next is not', async () => {
  const session = handed();
  const one = handing(answered(session));
  expect(await token(one)).toBe(session.accessToken.reveal());
  expect(work.calls.loads).toBe(0);
  expect(await token(one)).toBe(work.stored?.accessToken?.reveal());
  expect(work.calls.loads).toBe(1);
});

test('a session that was stored meanwhile is read', async () => {
  const one = handing(answered(handed()));
  work.touch();
  expect(await token(one)).toBe(work.stored?.accessToken?.reveal());
  expect(work.calls.loads).toBe(1);
});

test('two loads at once: each gets a session', async () => {
  const session = handed();
  const one = handing(answered(session));
  expect(await Promise.all([token(one), token(one)])).toEqual([session.accessToken.reveal(), work.stored?.accessToken?.reveal()]);
});

test.each(['', '\n', '{', 'null', '7', '[]', '{"result":', '{}', '{"result":null}', '{"resul', 'x'.repeat(100)])(
  'what is no session (%s) is read again',
  async (answer) => {
    expect(await token(handing(answer))).toBe(work.stored?.accessToken?.reveal());
    expect(work.calls.loads).toBe(1);
  },
);

test('a pipe that breaks is read again', async () => {
  const one = withHandedLoad(work, { file, answer: () => Promise.reject(new Error('gone')) });
  expect(await token(one)).toBe(work.stored?.accessToken?.reveal());
});

test("the worker's error is the answer, once", async () => {
  const error = new BeamError('storage', 'The OS keyring does not answer', { hint: 'Restart it' });
  const one = handing(JSON.stringify({ error: { ...error.toJSON() } }));
  const failed: unknown = await one.load().catch((reason: unknown) => reason);
  expect(failed instanceof BeamError && failed.toJSON()).toEqual(error.toJSON());
  expect(work.calls.loads).toBe(0);
  expect(await token(one)).toBe(work.stored?.accessToken?.reveal());
});
