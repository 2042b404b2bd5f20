/** What a check finds, and what it is given to look at. */
import type { AgentInfo, AgentStatus } from '../../../agent/protocol/agent.ts';
import { BeamError, type Hint } from '../../../errors.ts';
import type { Account, AccountProblem } from '../../../store/accounts/account.ts';
import type { HomeEntry } from '../../../store/home-entries.ts';
import type { SecretStoresOptions } from '../../../store/secrets/secret-stores.ts';
import type { Context } from '../../context.ts';
import type { Text } from './text.ts';

/** `warning`: it works, and somebody should know. `error`: something does not work, or is open to others. */
export type Level = 'ok' | 'warning' | 'error';

/** One line of a report. */
export interface Finding {
  /** Name of the check that found it. */
  readonly check: string;
  readonly level: Level;
  readonly message: Text;
  /** What puts it right. */
  readonly hint?: Hint;
  /** It was put right, and the message says what was done. */
  readonly fixed?: true;
}

/** A finding as its check makes it. */
export interface Draft extends Omit<Finding, 'check' | 'fixed'> {
  /** Puts it right where that can do no harm, and says what was done. Throws as what it does. */
  readonly repair?: () => Text | Promise<Text>;
}

/** Whose doctor it is. */
export type Patient = 'beamd' | 'runbeam';

/** What is known of the agent of an account without starting one. */
export type AgentFound = 'none' | 'busy' | BeamError | { readonly info: AgentInfo; readonly status: AgentStatus };

/** What checks look at. What several of them need is looked up once, when the first one asks. */
export interface Subject extends Pick<Context, 'env' | 'cwd' | 'homes' | 'clock' | 'agents' | 'http' | 'signal'> {
  readonly patient: Patient;
  /** No server is asked, and it is to be quick. */
  readonly offline: boolean;
  /** The program that asks the OS keyring, where it is another one. */
  readonly keyring?: SecretStoresOptions['keyring'];
  /** A file of `--config`. */
  readonly config?: string;
  /** The accounts of this program, and every account file that is none. Nothing is changed. Throws `unsafe_path`, `bad_file`. */
  accounts(): Promise<{ readonly accounts: readonly Account[]; readonly problems: readonly AccountProblem[] }>;
  /** All there is in the home folders of this program. */
  entries(): readonly HomeEntry[];
  agent(key: string): Promise<AgentFound>;
}

/** A check. It throws nothing but what is a bug: trouble is what it is there to find. */
export interface Check {
  readonly name: string;
  /** Only one program has what it looks at. */
  readonly only?: Patient;
  /** It asks servers. */
  readonly online?: true;
  /** What it finds can be put right here. Those are done first, so that the others see what was done. */
  readonly mends?: true;
  readonly look: (subject: Subject) => Promise<readonly Draft[]> | readonly Draft[];
}

/** The home folders that the program uses, and why one cannot be told. */
export function homesOf({ homes, patient }: Pick<Subject, 'homes' | 'patient'>): (string | BeamError)[] {
  const names = patient === 'beamd' ? (['beamd'] as const) : (['beamd', 'runbeam'] as const);
  return names.map((name) => {
    try {
      return homes[name];
    } catch (failure) {
      if (failure instanceof BeamError) return failure;
      throw failure;
    }
  });
}

export const ok = (message: Text): Draft => ({ level: 'ok', message });
export const warning = (message: Text, hint?: Hint): Draft => ({ level: 'warning', message, ...(hint && { hint }) });
export const error = (message: Text, hint?: Hint): Draft => ({ level: 'error', message, ...(hint && { hint }) });
