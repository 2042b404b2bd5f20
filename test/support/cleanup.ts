/** Releases every resource of a test in the reverse order, also when the test failed or one of them cannot be released. */
import { afterEach } from 'vitest';

interface Closable {
  close(): unknown;
}

/** Remembers a resource, to be closed. */
export type Keep = <T extends Closable>(resource: T) => T;

/**
 * Returns a function that remembers what to close.
 *
 * @param when - `afterEach`, `afterAll`, or the `onTestFinished` of a test that runs beside others
 */
export function cleanup(when: (close: () => Promise<void>) => unknown = afterEach): Keep {
  const open: Closable[] = [];
  when(async () => {
    const failures: unknown[] = [];
    for (const resource of open.splice(0).toReversed()) {
      try {
        await resource.close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be released');
  });
  return (resource) => {
    open.push(resource);
    return resource;
  };
}
