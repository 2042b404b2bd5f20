/** Waiting for what happens, and figures. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when the condition holds; throws after `limit` milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, limit = 100_000): Promise<void> {
  const end = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${String(condition)}`);
    await sleep(5);
  }
}

/** What a server waits for, until the test lets it go on. */
export function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

/** The value below which 99 of 100 lie. */
export function p99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? NaN;
}

/** Prints a measured figure, one JSON line, to be cited. */
export function figure(name: string, values: Readonly<Record<string, number>>): void {
  const rounded = Object.entries(values).map(([key, value]) => [key, Math.round(value * 100) / 100] as const);
  process.stdout.write(`${JSON.stringify({ figure: name, ...Object.fromEntries(rounded) })}\n`);
}
