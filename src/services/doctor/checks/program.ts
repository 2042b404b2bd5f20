/** The program itself: which one this is, and which one the shell finds by its name. */
import { realpathSync } from 'node:fs';
import { STANDALONE, VERSION } from '../../../programs.ts';
import { system } from '../../../platform/system.ts';
import { ok, warning, type Check, type Draft, type Subject } from '../report/finding.ts';
import { listed, own, path, say } from '../report/text.ts';

export const program: Check = {
  name: 'program',
  look: (subject) => [version(subject), ...onPath(subject)],
};

function version({ patient }: Subject): Draft {
  const made = STANDALONE === undefined ? `Node ${process.version}` : `an executable for ${STANDALONE}`;
  return ok(say`${own(patient)} ${own(VERSION)}, ${own(made)}`);
}

function onPath({ env, patient }: Subject): Draft[] {
  const found = system.programs.places(patient, env).filter((file) => system.programs.isRunnable(file));
  const different = [...new Map(found.toReversed().map((file) => [realPath(file), file])).values()].toReversed();
  if (different.length === 0) {
    return [warning(say`No ${own(patient)} is on the PATH`, { text: 'Put the folder that it is in on the PATH' })];
  }
  if (different.length === 1) return [];
  const message = say`There is more than one ${own(patient)} on the PATH: ${listed(different.map(path))}; the first is used`;
  return [warning(message, { text: 'Remove those that are not wanted, or put another folder first' })];
}

function realPath(file: string): string {
  try {
    return realpathSync.native(file);
  } catch {
    return file;
  }
}
