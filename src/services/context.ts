/**
 * Everything a service needs from the outside, passed in and never reached for. `src/cli/command/context.ts` makes the
 * real one; a test replaces what it wants to own.
 */
import type { Agents } from '../agent/client/agents.ts';
import type { Clock } from '../clock.ts';
import type { Http, ServerTrust } from '../http.ts';
import type { Secret } from '../secret.ts';
import type { AccountStore } from '../store/accounts/account.ts';
import type { Homes } from '../store/paths.ts';
import type { Keyring } from '../store/secrets/keyring-child.ts';
import type { Env } from '../environment.ts';
import type { Warn } from '../errors.ts';
import type { Waiting } from './waiting.ts';

/** How a choice begins. */
export interface Picking {
  /** Index of the one that Enter alone takes. Default: the first. */
  readonly first?: number | undefined;
  /** What the list is filtered by until more is typed. */
  readonly typed?: string | undefined;
}

export interface Context {
  readonly env: Env;
  /** The current folder. Throws `bad_file` when it is looked at and is no more. */
  readonly cwd: string;
  readonly homes: Homes;
  readonly clock: Clock;
  readonly accounts: AccountStore;
  readonly agents: Agents;
  /** The OS keyring, for keys of gateways. Loads nothing until it is asked. */
  readonly osKeyring: Keyring;
  /**
   * The client for the servers of one account: it trusts what the account, the `--config` file or the login says. Nothing
   * else of it is read. Without one it trusts as usual.
   */
  http(account?: ServerTrust): Http;
  /** Opens a URL in the user's browser; false when there is none. Never throws, never waits for it to end. */
  openBrowser(url: string): Promise<boolean>;
  /** All of standard input, at most 64 KiB. `empty-line`: no more than up to one, whether or not it ends there. */
  readStdin(until?: 'empty-line'): Promise<string>;
  /** Asks yes or no on the terminal; undefined when there is none to ask. */
  confirm(question: string): Promise<boolean | undefined>;
  /**
   * Asks on the terminal which of several is meant, and gives its index; undefined when there is none to ask. Throws `usage`
   * where nothing was chosen.
   */
  choose(question: string, choices: readonly string[], picking?: Picking): Promise<number | undefined>;
  /** Asks for a passphrase on the terminal, unseen; undefined when there is none to ask. */
  askPassphrase(question: string): Promise<Secret | undefined>;
  /** One line on stderr: what was done beside what was asked for. Never a result, never a secret. */
  notify(line: string): void;
  /** One line on stderr that is to be looked at, and the next step where there is one. Never a secret. */
  readonly warn: Warn;
  /** For whatever may take long: says on the terminal what is waited for, and after Ctrl-C what was and was not done. */
  readonly waiting: Waiting;
  /** Aborts on Ctrl-C and TERM. Requests of `http` do so by themselves. */
  readonly signal: AbortSignal;
}
