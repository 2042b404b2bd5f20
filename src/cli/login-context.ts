/** The context of a login, which alone chooses where secrets are kept. */
import type { Context } from '../services/context.ts';
import type { StorageWish } from '../store/types.ts';
import type { Output } from './output.ts';

/** @param flags - as `storageFlags` parses them */
export async function loginContext(
  output: Output,
  flags: { readonly storage?: StorageWish | undefined; readonly 'insecure-storage': boolean },
): Promise<Context> {
  const { createContext } = await import('./context.ts');
  const { storage } = flags;
  return createContext(output, { insecureStorage: flags['insecure-storage'], ...(storage === undefined ? {} : { storage }) });
}
