/** The context of a login, which alone chooses where secrets are kept. */
import type { Context } from '../../services/context.ts';
import type { StorageWish } from '../../store/secrets/secret-store.ts';
import type { Output } from '../output/output.ts';
import type { LoginScreen } from '../../services/login/types.ts';
import { presentDevice } from '../present/login.ts';
import { startSpinner } from '../terminal/spinner.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/** @param flags - as `storageFlags` parses them */
export async function loginContext(
  output: Output,
  flags: { readonly 'storage'?: StorageWish | undefined; readonly 'insecure-storage': boolean },
): Promise<Context> {
  const { createContext } = await import('./context.ts');
  const { storage } = flags;
  return createContext(output, omitUndefined({ insecureStorage: flags['insecure-storage'], storage }));
}

/** The screen of a device login: everything on stderr, a spinner where somebody watches. */
export function loginScreen(output: Output): LoginScreen {
  return {
    show: (login) => output.note(presentDevice(login, output.errorStyle)),
    wait: async (line) => {
      const spinner = await startSpinner(output, line);
      return () => spinner.stop();
    },
  };
}
