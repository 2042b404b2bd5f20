/** Releases every resource of a test in the reverse order, also when the test failed. */
import { afterEach } from 'vitest';

interface Closable {
  close(): void | Promise<void>;
}

/** Registers an `afterEach` and returns a function that remembers what to close. */
export function closing(): <T extends Closable>(resource: T) => T {
  const open: Closable[] = [];
  afterEach(async () => {
    for (const resource of open.splice(0).toReversed()) await resource.close();
  });
  return (resource) => {
    open.push(resource);
    return resource;
  };
}
