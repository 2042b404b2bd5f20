import { expect, test } from 'vitest';
import { BeamError } from '../../errors.ts';
import { bombs } from './yaml-bombs.testing.ts';
import { parseYaml } from './yaml.ts';

/** Milliseconds of the processor, which other work on the machine does not change. */
const LIMIT = 100;

async function outcome(text: string): Promise<{ problem: string | undefined; ms: number }> {
  const start = process.cpuUsage();
  const problem = await parseYaml(text, '/p/file').then(
    () => undefined,
    (error: unknown) => (error instanceof BeamError && error.code === 'bad_file' ? error.message : `thrown: ${String(error)}`),
  );
  const { user, system } = process.cpuUsage(start);
  return { problem, ms: (user + system) / 1000 };
}

test(`200 bombs: no crash, our error or a document, under ${LIMIT} ms each`, async () => {
  const all = bombs();
  expect(all.length).toBeGreaterThanOrEqual(200);
  expect(new Set(all.map(({ text }) => text)).size).toBeGreaterThanOrEqual(195);
  await parseYaml('a: b', '/p/file');
  const wrong: unknown[] = [];
  for (const { name, text } of all) {
    const first = await outcome(text);
    // A pause of the collector's can fall into any of them, but not twice into the same.
    const ms = first.ms < LIMIT ? first.ms : (await outcome(text)).ms;
    const named = first.problem === undefined || /^\/p\/file(?::\d+)? [a-z]/.test(first.problem);
    if (ms >= LIMIT || !named) wrong.push({ name, ms, problem: first.problem });
  }
  expect(wrong).toEqual([]);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
