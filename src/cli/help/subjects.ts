/** What `help` tells about that is no command: each from the one place in the program where it is known. */
import { variable, VARIABLES, type Env } from '../../environment.ts';
import { EXIT_MEANINGS } from '../../errors.ts';
import { RUNG_WORDS } from '../../services/target/rungs.ts';
import { keptFiles, type Homes } from '../../store/paths.ts';
import { printable } from '../../text.ts';
import type { Bin } from '../routing/manifest.ts';
import { SUBJECTS, type Subject } from '../routing/topics.ts';
import { explainedCodes } from './errors/explained.ts';
import type { Layout, Row } from './layout.ts';

/** Paragraphs and lists; backticks enclose what is typed. */
type Part = string | readonly Row[];

/** The parts of a subject, as terminals and man pages have them. */
export function subjectParts(bin: Bin, subject: Subject, env: Env): readonly Part[] {
  return PARTS[subject](bin, env);
}

const PARTS: Readonly<Record<Subject, (bin: Bin, env: Env) => readonly Part[]>> = {
  'environment': (bin) => [
    VARIABLES.filter(isOf(bin)).map(({ names, about }): Row => [names.join('\n'), about]),
    'A flag comes before a variable, and a variable before a file. An empty variable is one that is not set.',
  ],
  'exit-codes': (bin) => [
    Object.entries(EXIT_MEANINGS)
      .filter(([, about]) => bin === 'beamd' || !about.includes('beamd'))
      .map(([code, about]): Row => [code, about]),
    ...(bin === 'beamd'
      ? ['`beamd exec` ends with the exit code of what it ran; a signal that ended it gives 128 and the number of the signal.']
      : []),
    'With `--json` an error is a JSON value on standard output, with a `code` for each kind of trouble.',
  ],
  'error': (bin) => [
    explainedCodes(bin).map(([code, { what }]): Row => [code, what]),
    `\`${bin} help error CODE\` tells what brings it about and what helps. With \`--json\` an error has its code; in a terminal ` +
      '`-v` shows it.',
  ],
  'files': (bin, env) => [
    keptFiles(namedHomes(env))
      .filter(isOf(bin))
      .map(({ path, about }): Row => [path, about]),
    '`BEAMD_HOME` and `RUNBEAM_HOME` name other folders. All but what is in a project is yours alone: nobody else can read it.',
  ],
  'scopes': (bin) => (bin === 'beamd' ? OF_BEAMD : OF_RUNBEAM),
};

const isOf =
  (bin: Bin) =>
  ({ of = bin }: { readonly of?: Bin }): boolean =>
    of === bin;

/** The folders as they are written, or as a variable names them. */
function namedHomes(env: Env): Homes {
  const home = (name: string, usual: string): string => printable(variable(env, name) ?? usual, 1_024);
  return { user: '~', beamd: home('BEAMD_HOME', '~/.beamd'), runbeam: home('RUNBEAM_HOME', '~/.runbeam') };
}

const OF_BEAMD: readonly Part[] = [
  'An edge is a tunnel server that you log in to. One login can act for several orgs: yourself, which is the personal one, and ' +
    'the teams that you belong to. In flags, variables and files an org is called `scope`.',
  '`beamd orgs` lists them, `beamd default ORG` chooses one for good, `beamd link --scope ORG` one for a project, and ' +
    '`--scope ORG` one for a single command. Of what names one, the first counts:',
  RUNG_WORDS.map(({ what, rungs }): Row => [what, rungs.join('; then ')]),
  '`beamd status` shows what is used here, and why. A self-hosted edge has no orgs.',
];

const OF_RUNBEAM: readonly Part[] = [
  'Commands of `runbeam` act for your Runbeam Cloud login. They take no org: who may authorize a gateway is decided there.',
  'A machine token has abilities of its own, which `runbeam harmony:authorize` shows.',
  'Orgs are for `beamd`: see `beamd help scopes`.',
];

export function subjectScreen(bin: Bin, subject: Subject, env: Env, { section, paragraph, list }: Layout): string {
  const bodies = subjectParts(bin, subject, env).map((part) => (typeof part === 'string' ? paragraph(part) : list(part)));
  return [section(SUBJECTS[subject]), ...bodies].join('\n\n');
}
