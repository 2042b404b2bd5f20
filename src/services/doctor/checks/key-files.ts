/** Files with an API key, which users write themselves: others must not read them. */
import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { BeamError } from '../../../errors.ts';
import { system } from '../../../platform/system.ts';
import { readAppConfig } from '../../../store/config/app-config.ts';
import { shellWord } from '../../../text.ts';
import { error, ok, warning, type Check, type Draft, type Subject } from '../report/finding.ts';
import { own, path, say, trouble } from '../report/text.ts';

/** What the guides call such a file; looked for in the working folder where none is named. */
const USUAL = 'app.yaml';

export const keyFiles: Check = {
  name: 'key-files',
  only: 'beamd',
  look: async (subject) => (subject.config === undefined ? usual(subject) : named(subject.config, subject.signal)),
};

async function named(file: string, signal: AbortSignal): Promise<Draft[]> {
  try {
    const { path: at, key } = await readAppConfig(file, signal);
    if ('agentSocket' in key) return [ok(say`${path(at)} holds a server and the socket of an agent`)];
    return [openToOthers(at) ?? ok(say`${path(at)} holds a server and a key`)];
  } catch (failure) {
    if (failure instanceof BeamError && failure.code !== 'interrupted') return [error([trouble(failure)], failure.hint)];
    throw failure;
  }
}

/** A file of that name may be of anything: only one that is such a file is spoken of. */
async function usual({ cwd, signal }: Subject): Promise<Draft[]> {
  const at = resolve(cwd, USUAL);
  if (lstatSync(at, { throwIfNoEntry: false })?.isFile() !== true) return [];
  const [found] = await named(at, signal);
  return found?.level === 'warning' ? [found] : [];
}

function openToOthers(at: string): Draft | undefined {
  const stats = lstatSync(at, { throwIfNoEntry: false });
  if (system.files.ownUid() === undefined || stats?.isFile() !== true || (stats.mode & 0o077) === 0) return undefined;
  const mode = (stats.mode & 0o777).toString(8);
  return warning(say`${path(at)} holds a key, and other users can read it (mode ${own(mode)})`, {
    command: `chmod 600 ${shellWord(at)}`,
  });
}
