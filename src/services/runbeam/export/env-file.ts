/** Files of variables, which sh, dotenv and docker read in three ways. */
import { BeamError } from '../../../errors.ts';
import { shellWord } from '../../../text.ts';
import { isInline, PLAIN, type Entry, type Variable } from './bundle.ts';

const ABOUT_KEY = '# The key is base64 of the AGE-SECRET-KEY-1 line alone, without a line break.';

/** What every reader takes as it stands. */
const BARE = /^[\w+/=.:,@%-]+$/;

/** For `sh`, dotenv, Compose and systemd: what stands between single quotes is taken as it is by each of them. */
export function envFile(entries: readonly Entry[], folder: string): string {
  return lines([
    ABOUT_KEY,
    isInline(entries)
      ? '# Read by: set -a; . FILE; set +a  or by dotenv, Compose and systemd. Keep it out of git.'
      : '# Read by: set -a; . FILE; set +a  Only a shell reads the files: for dotenv and Compose use --inline.',
    ...entries.map((entry) => `${entry.variable}=${envValue(entry, folder)}`),
    PLAIN.join('='),
  ]);
}

const FILES: Readonly<Record<Variable, string>> = {
  RUNBEAM_ENCRYPTION_KEY: 'encryption.key',
  RUNBEAM_MACHINE_TOKEN: 'machine-token.json',
  RUNBEAM_JWT_SECRET: 'jwt-secret.txt',
};

function envValue({ variable, value, from }: Entry, folder: string): string {
  // Quoted: in an assignment that is not exported it changes nothing, and after `export` it does.
  if (value === undefined) return `"$(cat ${shellWord(from ?? `${folder}/${FILES[variable]}`)})"`;
  const text = value.reveal();
  if (BARE.test(text)) return text;
  if (!text.includes("'")) return `'${text}'`;
  throw new BeamError('usage', `No quoting of ${variable} is read alike by sh and dotenv: there is a ' in it`, {
    hint: { text: 'Take another format: docker, compose, k8s' },
  });
}

/** For `docker run --env-file`, which takes everything behind the first = as it is, quotes too. */
export function dockerFile(entries: readonly Entry[]): string {
  return lines([
    ABOUT_KEY,
    '# Read by: docker run --env-file FILE   Quotes would be part of a value here.',
    isInline(entries) ? '# Keep it out of git.' : '# A name alone takes its value from the environment of who runs docker.',
    ...entries.map(dockerLine),
    PLAIN.join('='),
  ]);
}

function dockerLine({ variable, value, from }: Entry): string {
  if (value !== undefined) return `${variable}=${value.reveal()}`;
  if (from === undefined || from === variable) return variable;
  throw new BeamError('usage', `docker takes ${variable} from a variable of that very name`, {
    hint: { text: `Give --jwt-secret-from ${variable}, or --inline with a file` },
  });
}

const lines = (all: readonly string[]): string => `${all.join('\n')}\n`;
