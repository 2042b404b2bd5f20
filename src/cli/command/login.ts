/** What a login needs beyond a usual command: a choice of where secrets are kept, and a screen. */
import { omitUndefined } from '../../omit-undefined.ts';
import { Secret } from '../../secret.ts';
import type { LoginContext, TokenSource } from '../../services/login/types.ts';
import type { StorageWish } from '../../store/secrets/secret-store.ts';
import type { Output } from '../output/output.ts';
import { presentNextSteps, type NextStep } from '../present/login/login.ts';
import { isQuiet } from './verbosity.ts';
import { loginScreen, type ScreenFlags } from './login-screen.ts';

/** What `storageFlags` parses to. */
interface StorageFlags {
  readonly 'storage'?: StorageWish | undefined;
  readonly 'insecure-storage': boolean;
}

/** The context of a login. */
export async function loginContext(output: Output, flags: StorageFlags & ScreenFlags): Promise<LoginContext> {
  const { createContext } = await import('./context.ts');
  const storage = omitUndefined({ insecureStorage: flags['insecure-storage'], storage: flags.storage });
  const context = createContext(output, storage);
  const storageWish = flags['insecure-storage'] ? 'plain' : flags.storage;
  // Not copied: what is looked up when it is asked for would be looked up now.
  return Object.assign(context, { screen: loginScreen(output, flags, context), storageWish });
}

/** Where the token of `tokenFlags` is; undefined: a browser is to be used. */
export function tokenSource(flags: {
  readonly 'token'?: string | undefined;
  readonly 'token-file'?: string | undefined;
}): TokenSource | undefined {
  const { token, 'token-file': path } = flags;
  if (path !== undefined) return { kind: 'file', path };
  if (token === undefined) return undefined;
  return token === '-' ? { kind: 'stdin' } : { kind: 'literal', value: new Secret(token) };
}

/** Which CA `caFlags` ask for. */
export function caInput(flags: { readonly 'ca-file'?: string | undefined; readonly 'ca'?: boolean | undefined }) {
  return { caFile: flags['ca-file'], ownCa: flags.ca };
}

/** Says on the terminal what can be done next; where nobody watches, `steps` is not asked. */
export async function tellNextSteps(
  output: Output,
  steps: () => Promise<readonly NextStep[]> | readonly NextStep[],
): Promise<void> {
  if (output.interactive && !isQuiet()) output.note(presentNextSteps(await steps(), output.errorStyle));
}
