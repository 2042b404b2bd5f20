/** The home folders: ours, real folders, closed to others, open to us, and with room for more. */
import { accessSync, chmodSync, constants, lstatSync, statfsSync } from 'node:fs';
import { BeamError } from '../../../errors.ts';
import { system } from '../../../platform/system.ts';
import { notRegular } from '../../../store/files/atomic-file.ts';
import { fileError } from '../../../store/files/file-errors.ts';
import { checkPrivateFolder } from '../../../store/files/permissions.ts';
import type { HomeEntry } from '../../../store/home-entries.ts';
import { ledgerFile } from '../../../store/paths.ts';
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

/** What a home is for. */
const LOST = {
  beamd: 'no login can be kept or renewed there',
  runbeam: 'no gateway and no machine token can be kept there',
} as const;

/** Bytes: a small file is written whole beside the old one before that one goes. */
const LITTLE = 65_536;

function lookAt(subject: Subject, home: string | BeamError): Draft[] {
  if (typeof home !== 'string') return [error([trouble(home)], home.hint)];
  const whose = home === homesOf(subject)[0] ? 'beamd' : 'runbeam';
  const entries = subject.entries().filter((entry) => entry.path === home || entry.path.startsWith(home));
  if (entries.length === 0) return [ok(say`${path(home)} is not there yet; your first ${own(FIRST[whose])} makes it`)];
  const folders = entries.filter(({ stats, owner, path: at }) => at === home || (owner === 'own' && !stats.isFile()));
  const unsafe = folders.filter(({ stats }) => !stats.isSocket()).flatMap(({ path: folder }) => unsafeFolder(folder));
  if (unsafe.length > 0) return unsafe;
  const found = [...looseModes(entries), ...unwritable(home, LOST[whose])];
  if (found.length === 0 && whose === 'runbeam') found.push(...spoiltLedger(ledgerFile(subject.homes)));
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

/** A home that cannot be written works, and nothing new is kept in it. On a full disk what is there cannot be renewed either. */
function unwritable(home: string, lost: string): Draft[] {
  try {
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    const message = say`${path(home)} cannot be written: ${own(lost)}`;
    return [warning(message, { command: `ls -ld ${shellWord(home)}` })];
  }
  if (roomAt(home) >= LITTLE) return [];
  return [error(say`The disk of ${path(home)} is full: ${own(lost)}`, { command: `df -h ${shellWord(home)}` })];
}

/** Bytes that may still be written. Where the system does not say, there is room: a write will tell. */
function roomAt(folder: string): number {
  try {
    const { bsize, bfree, bavail, files, ffree } = statfsSync(folder);
    // Some file systems count no files.
    if (files > 0 && ffree === 0) return 0;
    return bsize * (system.files.ownUid() === 0 ? bfree : bavail);
  } catch {
    return Infinity;
  }
}

/** The one file that is added to where it is: without it no machine token is asked for. */
function spoiltLedger(ledger: string): Draft[] {
  try {
    const stats = lstatSync(ledger, { throwIfNoEntry: false });
    if (stats === undefined) return [];
    if (!stats.isFile()) throw notRegular(ledger);
    accessSync(ledger, constants.R_OK | constants.W_OK);
    return [];
  } catch (failure) {
    const problem = fileError(failure, 'write', ledger);
    return [error(say`${trouble(problem)}. Without it no machine token is asked for`, problem.hint)];
  }
}
