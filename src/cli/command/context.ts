/** The real `Context`. Everything heavy behind it is imported when it is first used. */
import { createAgents } from '../../agent/client/agents.ts';
import { systemClock } from '../../clock.ts';
import { BeamError, type Warn } from '../../errors.ts';
import { httpFor } from '../../net/http-for.ts';
import type { Context } from '../../services/context.ts';
import type { Env } from '../../environment.ts';
import { createAccountStore } from '../../store/accounts/account-store.ts';
import type { Keyring, KeyringDeps } from '../../store/secrets/keyring-child.ts';
import type { SecretStoresOptions } from '../../store/secrets/secret-stores.ts';
import { resolveHomes, userHome } from '../../store/paths.ts';
import { runningCommand } from '../routing/argv.ts';
import { printable } from '../../text.ts';
import { createInsecureWarning } from '../../services/insecure.ts';
import { isQuiet, tellingAgents, tellingHttp } from './verbosity.ts';
import { processInterrupt } from '../terminal/interrupt.ts';
import { createWaiting } from '../terminal/waiting.ts';
import type { Output } from '../output/output.ts';
import { hintLine, LONGEST } from '../output/style.ts';

/** Where a login is to be kept. */
export type StorageOptions = Pick<SecretStoresOptions, 'storage' | 'insecureStorage'>;

/** Makes the context of this process. */
export function createContext(output: Output, storage: StorageOptions = {}, env: Env = process.env): Context {
  const homes = resolveHomes(env, userHome());
  const interrupt = processInterrupt();
  const waiting = createWaiting({ output, clock: systemClock, interrupt, isQuiet });
  const { signal } = interrupt;
  const keyring = {
    waiting: <T>(work: () => Promise<T>) => waiting({ line: 'Waiting for the keyring of this system' }, work),
  };
  const notify = (line: string): void => {
    if (!isQuiet()) output.note(printable(line, LONGEST));
  };
  const warn: Warn = (line, hint) => {
    if (isQuiet()) return;
    output.note(output.errorStyle.warning(printable(line, LONGEST)));
    if (hint !== undefined) output.note(hintLine(hint));
  };
  const insecure = createInsecureWarning(warn);
  return {
    env,
    get cwd() {
      return currentFolder();
    },
    homes,
    clock: systemClock,
    accounts: createAccountStore({ homes, clock: systemClock, env, warn, keyring, ...storage }),
    osKeyring: lazyKeyring({ env, clock: systemClock, ...keyring }),
    agents: insecure.agents(tellingAgents(createAgents({ homes, clock: systemClock, env, warn, client: runningCommand }))),
    http: (account = {}) => {
      const http = insecure.http(tellingHttp(httpFor(account, env)), account);
      return (request) => http({ signal, ...request });
    },
    openBrowser: async (url) => (await import('../../auth/device-flow/browser.ts')).openBrowser(url, env),
    readStdin: async (until) => (await import('../terminal/input.ts')).readStdin(process.stdin, until),
    askPassphrase: async (question) => (await import('../terminal/input.ts')).askPassphrase(question),
    choose: async (...asked) => (await import('../terminal/input.ts')).choose(...asked),
    confirm: async (question) => (await import('../terminal/input.ts')).confirm(question),
    notify,
    warn,
    waiting,
    signal,
  };
}

/** As `createKeyring`, which is loaded when the first thing is asked. */
function lazyKeyring(deps: KeyringDeps): Keyring {
  let made: Promise<Keyring> | undefined;
  return async (request) => {
    made ??= import('../../store/secrets/keyring-child.ts').then(({ createKeyring }) => createKeyring(deps));
    return (await made)(request);
  };
}

function currentFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new BeamError('bad_file', 'The current folder no longer exists', {
      hint: { text: 'cd to another folder' },
      cause: error,
    });
  }
}
