/** The home folders: ours, real folders, closed to others, and open to us. */
import { accessSync, chmodSync, constants } from 'node:fs';
import { BeamError } from '../../../errors.ts';
import { system } from '../../../platform/system.ts';
import { checkPrivateFolder } from '../../../store/files/permissions.ts';
import type { HomeEntry } from '../../../store/home-entries.ts';
import { shellWord } from '../../../text.ts';
import { error, homesOf, ok, warning, type Check, type Draft, type Subject } from '../report/finding.ts';
import { own, path, say, trouble } from '../report/text.ts';

/** More are told as a number: they are put right together. */
const MOST = 5;

export const homes: Check = {
  name: 'homes',
  mends: true,
  look: (subject) => homesOf(subject).flatMap((home) => lookAt(subject, home)),
};

/** What makes a home folder where there is none. */
const FIRST = { beamd: 'login', runbeam: 'gateway' } as const;

function lookAt(subject: Subject, home: string | BeamError): Draft[] {
  if (typeof home !== 'string') return [error([trouble(home)], home.hint)];
  const entries = subject.entries().filter((entry) => entry.path === home || entry.path.startsWith(home));
  if (entries.length === 0)
    return [
      ok(
        say`${path(home)} is not there yet; your first ${own(FIRST[home === homesOf(subject)[0] ? 'beamd' : 'runbeam'])} makes it`,
      ),
    ];
  const folders = entries.filter(({ stats, owner, path: at }) => at === home || (owner === 'own' && !stats.isFile()));
  const unsafe = folders.filter(({ stats }) => !stats.isSocket()).flatMap(({ path: folder }) => unsafeFolder(folder));
  if (unsafe.length > 0) return unsafe;
  const found = [...looseModes(entries), ...unwritable(home)];
  return found.length > 0 ? found : [ok(say`${path(home)} is yours alone`)];
}

function unsafeFolder(folder: string): Draft[] {
  try {
    checkPrivateFolder(folder);
    return [];
  } catch (failure) {
    if (failure instanceof BeamError) return [error([trouble(failure)], failure.hint)];
    throw failure;
  }
}

const modeOf = ({ stats }: HomeEntry): number => stats.mode & 0o777;

const closedMode = ({ stats }: HomeEntry): number => (stats.isDirectory() ? 0o700 : 0o600);

function looseModes(entries: readonly HomeEntry[]): Draft[] {
  if (system.files.ownUid() === undefined) return [];
  const loose = entries.filter(
    (entry) => entry.owner === 'own' && !entry.stats.isSymbolicLink() && (modeOf(entry) & 0o077) !== 0,
  );
  if (loose.length <= MOST) return loose.map(looseMode);
  const [shown, rest] = [loose.slice(0, MOST - 1), loose.slice(MOST - 1)];
  const level = rest.some(({ secret }) => secret) ? 'error' : 'warning';
  const repair = (): ReturnType<typeof say> => {
    for (const entry of rest) close(entry);
    return say`${rest.length} more files and folders are closed to others now`;
  };
  const more: Draft = { level, message: say`${rest.length} more files and folders there are open to other users`, repair };
  return [...shown.map(looseMode), more];
}

function looseMode(entry: HomeEntry): Draft {
  const mode = modeOf(entry).toString(8);
  const closed = closedMode(entry).toString(8);
  return {
    level: entry.secret ? 'error' : 'warning',
    message: say`${path(entry.path)} is open to other users (mode ${own(mode)})`,
    hint: { command: `chmod ${closed} ${shellWord(entry.path)}` },
    repair: () => {
      close(entry);
      return say`${path(entry.path)} was open to other users (mode ${own(mode)}); it is ${own(closed)} now`;
    },
  };
}

function close(entry: HomeEntry): void {
  chmodSync(entry.path, closedMode(entry));
}

/** A home that cannot be written works, and nothing new is kept in it. */
function unwritable(home: string): Draft[] {
  try {
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
    return [];
  } catch {
    const message = say`${path(home)} cannot be written: no login can be kept or renewed there`;
    return [warning(message, { command: `ls -ld ${shellWord(home)}` })];
  }
}
