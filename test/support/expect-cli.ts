/** Runs a command line as it would be typed and compares the whole of what it did. */
import { expect } from 'vitest';
import { parse } from 'valibot';
import { jsonSchemas } from '../../scripts/schemas.ts';
import type { BinName } from '../../sandbox/testing.ts';
import type { Ran, RunOptions, CliUser } from './cli-user.ts';

function split(line: string): { bin: BinName; args: string[] } {
  const [bin = '', ...args] = line.split(' ');
  return { bin: bin === 'runbeam' ? 'runbeam' : 'beamd', args };
}

/** Expects exactly this output and exit code; what is not given is empty, and 0. */
export async function expectCli(user: CliUser, line: string, wanted: Partial<Ran> = {}, options?: RunOptions): Promise<void> {
  const { bin, args } = split(line);
  const ran = await user.run(bin, args, options);
  expect({ line, ...ran }).toEqual({ line, code: 0, stdout: '', stderr: '', ...wanted });
}

/**
 * Runs a command line with `--json` and returns its value. It must fit the schema of the command exactly, with no field
 * more; stderr must be empty.
 */
export async function json(user: CliUser, schema: string, line: string, code = 0): Promise<unknown> {
  const { bin, args } = split(`${line} --json`);
  const { stdout, ...ran } = await user.run(bin, args);
  expect({ line, ...ran }).toEqual({ line, code, stderr: '' });
  return fitting(schema, stdout);
}

/** The JSON text's value, if it is exactly what the schema describes. */
export function fitting(schema: string, text: string): unknown {
  const known = jsonSchemas[schema];
  if (known === undefined) throw new Error(`there is no schema ${schema}`);
  const value: unknown = JSON.parse(text);
  expect(parse(known, value)).toEqual(value);
  return value;
}

/** One error and at most one hint, which name the host and hold nothing that the server said or a library threw. */
export function expectPlainError(stderr: string, host: string): void {
  expect(stderr).toMatch(/^Error: .+\n(?:(?:Hint|Run): .+\n)?(?:Help: .+\n)?$/);
  expect(stderr).toContain(host);
  expect(stderr).not.toMatch(/bug|Bad Gateway|undefined|at .+:\d+:\d+/);
}
