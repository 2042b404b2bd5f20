/** Releases every resource of a test in the reverse order, also when the test failed. */
import { afterEach, type afterAll, type TestContext } from 'vitest';

interface Closable {
  close(): void | Promise<void>;
}

/** Registers an `afterEach`, or the hook that is given, and returns a function that remembers what to close. */
export function closing(hook: typeof afterEach | typeof afterAll = afterEach): <T extends Closable>(resource: T) => T {
  const open: Closable[] = [];
  hook(async () => {
    for (const resource of open.splice(0).toReversed()) await resource.close();
  });
  return (resource) => {
    open.push(resource);
    return resource;
  };
}

/** The same for tests that run side by side: each closes what is its own. */
export function closingWith({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): <T extends Closable>(resource: T) => T {
  return (resource) => {
    onTestFinished(() => resource.close());
    return resource;
  };
}
