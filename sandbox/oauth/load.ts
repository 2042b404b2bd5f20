import type { Provider } from 'oidc-provider';

/**
 * oidc-provider prints a warning on every Node older than 22 while it loads, though what the sandbox uses of it works
 * there and is tested. The warning would stand in the demo's output, so it is held back during the import only.
 */
export async function loadProvider(): Promise<typeof Provider> {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return (await import('oidc-provider')).Provider;
  } finally {
    console.warn = warn;
  }
}
