/** What a program says of itself, help above all, by whichever words it is asked for. Neither oclif nor a command is loaded. */
import { processOutput } from '../output/output.ts';
import { routeArgv, wantedHelp, wantsLicenses, wantsVersion } from '../routing/argv.ts';
import { type Bin, type CommandLoaders } from '../routing/manifest.ts';
import { isTopic, subjectOf } from '../routing/topics.ts';
import type { Wanted } from './find-screen.ts';
import { programVersion, versionLine } from '../../services/version.ts';

/** What prints the answer, its result the exit code. Undefined: nothing is asked, or nothing that there is. */
export async function findAnswer(
  bin: Bin,
  argv: readonly string[],
  loaders: CommandLoaders,
): Promise<(() => Promise<number>) | undefined> {
  if (wantsLicenses(argv)) return undefined;
  if (wantsVersion(argv)) return answer(() => versionLine(programVersion(bin)));
  const route = routeArgv(argv, (id) => Object.hasOwn(loaders, `${bin}:${id}`));
  const id = wantedHelp(argv, route, (word) => isTopic(bin, word));
  if (id === undefined) return undefined;
  // `help scopes` is about what orgs are; `scopes --help` about the command that lists them.
  const [first, ...told] = route.words;
  const wanted = first === 'help' ? (wantedSubject(told) ?? { id }) : { id };
  const { findScreen } = await import('./find-screen.ts');
  const screen = findScreen(bin, wanted);
  return screen && answer(screen);
}

/** `files`, or `error CODE`. */
function wantedSubject([word = '', code, ...more]: readonly string[]): Wanted | undefined {
  const subject = subjectOf(word);
  if (subject === undefined || more.length > 0) return undefined;
  if (code === undefined) return { subject };
  return subject === 'error' ? { code } : undefined;
}

/** It is a result like any other. */
function answer(text: () => string | Promise<string>): () => Promise<number> {
  return async () => {
    processOutput().result(await text());
    return 0;
  };
}
