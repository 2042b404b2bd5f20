/** What killed programs left behind, and what agents of accounts that are gone did. */
import { lstatSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { accountKeys } from '../../../store/accounts/account-reader.ts';
import { isAbandoned, targetOfTemporary } from '../../../store/files/temporary.ts';
import type { HomeEntry } from '../../../store/home-entries.ts';
import { accountsFolder } from '../../../store/paths.ts';
import { BeamError, type Hint } from '../../../errors.ts';
import { ok, type Check, type Draft, type Subject } from '../report/finding.ts';
import { listed, name, path, say } from '../report/text.ts';

export const leftovers: Check = {
  name: 'leftovers',
  mends: true,
  look: (subject) => {
    const found = [...abandonedFiles(subject), ...agentsWithoutAccount(subject)];
    return found.length > 0 ? found : [ok(say`Killed programs have left nothing behind`)];
  },
};

const fix = ({ patient }: Subject): Hint => ({ command: `${patient} doctor --fix` });

function abandonedFiles(subject: Subject): Draft[] {
  const keys = new Set(knownKeys(subject));
  const isLeft = (entry: HomeEntry): boolean =>
    isAbandoned(basename(entry.path), entry.stats.mtimeMs, subject.clock.now()) && !isOfAccount(subject, entry, keys);
  const left = subject.entries().filter(isLeft);
  if (left.length === 0) return [];
  const files = listed(
    left.map((entry) => path(entry.path)),
    2,
  );
  const repair = (): ReturnType<typeof say> => {
    // Looked at again: a number may be that of another process by now.
    const now = left.filter(({ path: at }) => isStillLeft(at, subject.clock.now()));
    for (const entry of now) rmSync(entry.path, { recursive: true, force: true });
    return say`What killed programs had left was removed: ${files}`;
  };
  return [{ level: 'warning', message: say`Killed programs have left files behind: ${files}`, hint: fix(subject), repair }];
}

function isStillLeft(at: string, now: number): boolean {
  const stats = lstatSync(at, { throwIfNoEntry: false });
  return stats !== undefined && isAbandoned(basename(at), stats.mtimeMs, now);
}

/** It may be the only session that is alive: whoever takes the account's lock next knows. */
function isOfAccount({ homes }: Subject, entry: HomeEntry, keys: ReadonlySet<string>): boolean {
  const target = targetOfTemporary(basename(entry.path)) ?? '';
  return dirname(entry.path) === accountsFolder(homes) && keys.has(target.replace(/\.yaml$/u, ''));
}

function agentsWithoutAccount(subject: Subject): Draft[] {
  const keys = new Set(knownKeys(subject));
  const gone = new Set(subject.entries().flatMap(({ agentOf }) => (agentOf === undefined || keys.has(agentOf) ? [] : [agentOf])));
  if (gone.size === 0) return [];
  const whose = listed([...gone].map(name), 3);
  const repair = async (): Promise<ReturnType<typeof say>> => {
    const again = new Set(knownKeys(subject));
    for (const key of gone) if (!again.has(key)) await subject.agents.forget(key);
    return say`What agents of accounts that are gone had left was removed: ${whose}`;
  };
  const message = say`Agents of accounts that are gone have left files behind: ${whose}`;
  return [{ level: 'warning', message, hint: fix(subject), repair }];
}

/** Where the folder cannot be read, `homes` says so. */
function knownKeys({ homes }: Subject): string[] {
  try {
    return accountKeys(homes);
  } catch (failure) {
    if (failure instanceof BeamError) return [];
    throw failure;
  }
}
