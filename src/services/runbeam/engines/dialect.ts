/** What each engine's client is asked, and what it answers. */
import type { Answer, ClientContext, Run } from './client.ts';

/** A secret that is there. */
export interface Kept {
  readonly fields: Readonly<Record<string, string>>;
  /** What `write` compares with: nothing but this engine understands it. */
  readonly version: unknown;
}

/** How one engine is spoken to. */
export interface Dialect {
  readonly program: string;
  /** Where a secret goes, for who has to agree to it: the server, the context, the account. Never throws. */
  where(run: Run, context: ClientContext): Promise<string>;
  /** Undefined: it is not there, or for engines that do not tell the difference, not to be read. */
  read(run: Run, name: string, context: ClientContext): Promise<Kept | undefined>;
  /**
   * Replaces all fields, if the secret is still what was read (undefined: is not there). Not `ok`: it is not, or it was refused;
   * reading again tells which.
   */
  write(run: Run, name: string, fields: Readonly<Record<string, string>>, before: Kept | undefined): Promise<Written>;
}

export type Written = Pick<Answer, 'ok' | 'said'>;
