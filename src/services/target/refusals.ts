/** What is said where no account is found, or more than one: the ladder's own words, and those of who asks in its place. */
import { BeamError } from '../../errors.ts';
import { accountTitle, accountWords } from '../../hints.ts';
import { didYouMean } from '../../nearest.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { accountOfKey, splitAccountKey, type AccountName } from '../../store/account-key.ts';
import type { Server } from '../../store/server.ts';
import type { Source, Sourced } from './climb.ts';

/** An account that was chosen and is not there. */
interface Missed {
  readonly name?: AccountName;
  readonly source: Source;
  /** The accounts that the server has here: their keys. */
  readonly among: readonly string[];
}

/** An account among those of its server. */
export function titleOf(key: string): string {
  return splitAccountKey(key).name ?? 'the one without a name';
}

/** What is said where several accounts fit and nobody can be asked: exit 2, with all of them. `usage`. */
export function severalAccounts({ name }: Pick<Server, 'name'>, titles: readonly string[]): BeamError {
  return new BeamError('usage', `There are several accounts on ${name}: ${titles.join(', ')}`, {
    hint: { text: 'Say which with --account NAME; --account - is the one without a name' },
  });
}

/** Where a server or an account was named, for the error about a bad name; a flag is before the user's eyes. */
export function placeOf({ kind, path }: Source, variable: string): string {
  if (kind === 'env') return ` (from ${variable})`;
  if (kind === 'current') return " (beamd's current server)";
  return path === undefined ? '' : ` (in ${path})`;
}

/** What a user reads when the selected server has no account, or none of that name. `login_required`. */
export function notLoggedIn({ value, source }: Sourced<Server>, account?: Missed, known: readonly string[] = []): BeamError {
  const wanted = omitUndefined({ server: value.name, name: account?.name });
  const pin = source.kind === 'project' ? source : account?.source.kind === 'project' ? account.source : undefined;
  const title = accountTitle(wanted);
  const message =
    pin === undefined
      ? `You are not logged in to ${title}`
      : `This project uses ${title} (${pin.path ?? '.beamd'}), and you are not logged in to ${title}`;
  const servers = known.map((key) => accountOfKey(key).server);
  const meant = account === undefined || account.among.length === 0 ? didYouMean(value.name, servers) : likeName(account);
  return new BeamError('login_required', `${message}${meant}`, {
    hint: { command: `beamd login ${accountWords(wanted)}` },
  });
}

/** The accounts that there are instead, and the one that was meant; where the environment named it, nobody has just typed that. */
function likeName({ name, source, among }: Missed): string {
  const from = source.kind === 'env' ? placeOf(source, 'BEAMD_ACCOUNT') : '';
  return `${from}; there you have: ${among.map(titleOf).join(', ')}${name === undefined ? '' : didYouMean(name, among.map(titleOf))}`;
}
