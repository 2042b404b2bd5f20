/** The files that the ladder reads: the two that it climbs over, each once and only when its rung is reached, and that of `--config`. */
import { omitUndefined } from '../../omit-undefined.ts';
import { accountKey, parseAccountRef, type AccountName, type AccountRef } from '../../store/account-key.ts';
import type { AccountStore } from '../../store/accounts/account.ts';
import type { AppConfig } from '../../store/config/app-config.ts';
import { readGlobalConfig } from '../../store/config/beamd-config.ts';
import { findProjectPin, type ProjectPin } from '../../store/config/project-pin.ts';
import type { Homes } from '../../store/paths.ts';
import { parseServer, sameServer, type Server } from '../../store/server.ts';
import { variable } from '../../environment.ts';
import { BeamError, type Warn } from '../../errors.ts';
import { printable, shellWord } from '../../text.ts';
import type { Context } from '../context.ts';
import { typedServer, type NamingContext } from './typed-name.ts';

/** What `config` names. */
export interface CurrentAccount {
  /** As it stands there. */
  readonly text: string;
  /** Absent: the text names no server. */
  readonly ref?: { readonly server: Server; readonly name?: AccountName };
  /** It names an account that is not there. */
  readonly gone?: true;
}

export interface Settings {
  /** Tells the user what its files disagree about. Throws as `findProjectPin`. */
  project(): Promise<ProjectPin | undefined>;
  /**
   * The current account. Of one that is not there the user is told. Throws as `readGlobalConfig`.
   */
  current(): Promise<CurrentAccount | undefined>;
}

type SettingsContext = Pick<Context, 'env' | 'cwd' | 'homes' | 'warn'> & {
  readonly accounts: Pick<AccountStore, 'keys' | 'list'>;
};

export function settingsOf(context: SettingsContext): Settings {
  let project: Promise<ProjectPin | undefined> | undefined;
  let current: Promise<CurrentAccount | undefined> | undefined;
  return {
    project: () => (project ??= readProject(context)),
    current: () => (current ??= readCurrent(context)),
  };
}

async function readProject({ cwd, homes, warn }: SettingsContext): Promise<ProjectPin | undefined> {
  const pin = await findProjectPin(cwd, homes);
  for (const warning of pin?.warnings ?? []) warn(warning);
  return pin;
}

/**
 * What the project at `cwd` says to a login: it uses this one, or another one; undefined where it says nothing, or cannot be
 * read, which whoever uses it is told.
 */
export async function pinnedFor(
  { cwd, homes }: Pick<Context, 'cwd' | 'homes'>,
  { server, name }: AccountRef,
): Promise<'this' | 'another' | undefined> {
  try {
    const pin = await findProjectPin(cwd, homes);
    if (pin?.server === undefined) return undefined;
    return sameServer(parseServer(pin.server), parseServer(server)) && pin.account === name ? 'this' : 'another';
  } catch (error) {
    if (error instanceof BeamError) return undefined;
    throw error;
  }
}

async function readCurrent(context: SettingsContext): Promise<CurrentAccount | undefined> {
  const current = await readCurrentAccount(context.homes, context.warn);
  if (current === undefined) return undefined;
  // With BEAMD_TOKEN no account is needed: where the token goes must not change because there is none.
  if (variable(context.env, 'BEAMD_TOKEN') !== undefined || !(await isDangling(context, current))) return current;
  context.warn(`The current account, ${printable(current.text)}, is not there any more and is passed over`);
  return { ...current, gone: true };
}

/** What `config` calls current, there or not; `warn` is told of mistyped keys. Throws as `readGlobalConfig`. */
export async function readCurrentAccount(homes: Homes, warn?: Warn): Promise<CurrentAccount | undefined> {
  const { current, warnings = [] } = await readGlobalConfig(homes);
  for (const warning of warnings) warn?.(warning);
  return current === undefined ? undefined : parseCurrent(current);
}

/** The key of the account that it names, if it names one. */
export function keyOfCurrent(current: CurrentAccount | undefined): string | undefined {
  return current?.ref && accountKey(current.ref.server, current.ref.name);
}

/** What a text in `config` names. */
export function parseCurrent(text: string): CurrentAccount {
  try {
    return { text, ref: parseAccountRef(text) };
  } catch (error) {
    if (error instanceof BeamError) return { text };
    throw error;
  }
}

/** The login that it names, as users type it. */
export function refOf({ ref }: CurrentAccount): AccountRef | undefined {
  return ref && omitUndefined({ server: ref.server.name, name: ref.name });
}

/** Whether it names an account that has no file, by no name that was typed at a login either. */
export async function isDangling(context: NamingContext, { ref }: CurrentAccount): Promise<boolean> {
  if (ref === undefined) return false;
  const keys = context.accounts.keys();
  if (keys.includes(accountKey(ref.server, ref.name))) return false;
  return !keys.includes(accountKey(await typedServer(context, ref.server), ref.name));
}

/** What a `--config` file says. An API key that others can read is theirs, too: said. Throws as `readAppConfig`. */
export async function readConfigFile(
  { warn, signal }: Pick<Context, 'warn'> & { readonly signal?: AbortSignal },
  file: string,
  secret = 'an API key',
): Promise<AppConfig> {
  const { readAppConfig } = await import('../../store/config/app-config.ts');
  const appConfig = await readAppConfig(file, signal);
  const { path, openTo, warnings } = appConfig;
  for (const warning of warnings) warn(warning);
  if (openTo !== undefined) {
    warn(`${path} holds ${secret} and can be read by other users (mode ${openTo.toString(8)})`, {
      command: `chmod 600 ${shellWord(path)}`,
    });
  }
  return appConfig;
}
