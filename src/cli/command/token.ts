/** What is asked of a token beyond that it is valid, as flags. */
import * as Flags from '@oclif/core/flags';
import { BeamError } from '../../errors.ts';
import { Secret } from '../../secret.ts';
import type { TokenWishes } from '../../services/token/wishes.ts';
import type { Context } from '../../services/context.ts';
import { parseSpan } from '../../services/span.ts';
import { othersWords } from '../routing/argv.ts';

/** `--min-ttl`. The input of `wishesOf`. */
export const minTtlFlag = {
  'min-ttl': Flags.string({
    helpValue: 'SPAN',
    summary: 'Have it last so long at least (90s, 10m, 1h): it is refreshed if it does not',
  }),
};

/** `--refresh` and `--rejected`. The input of `wishesOf`. */
export const otherTokenFlags = {
  refresh: Flags.boolean({ default: false, summary: 'Refresh it first' }),
  rejected: Flags.string({
    helpValue: '-',
    summary: 'A server answered 401 to the token on standard input: print another one',
    exclusive: ['refresh'],
  }),
};

/** `--out` and what goes with it. The input of `keepInputOf`. */
export const outFlags = {
  out: Flags.string({
    helpValue: 'FILE',
    summary: 'Write it into this file, which is replaced in one step, in a folder that nobody else can write to',
    exclusive: ['export', 'json'],
  }),
  mode: Flags.string({ helpValue: 'MODE', summary: 'Mode of the file: 0600, or 0640 with --group', dependsOn: ['out'] }),
  group: Flags.string({ helpValue: 'GROUP', summary: 'Group of the file, by its name or number', dependsOn: ['out'] }),
  // Without a default: to oclif that would be a flag that is given, and depends on another.
  watch: Flags.boolean({
    summary: 'Keep the file fresh until the session ends or a signal comes',
    dependsOn: ['out'],
  }),
  signal: Flags.string({
    helpValue: 'NAME:PID',
    summary: 'Send a process this signal after each write, as HUP:1234',
    dependsOn: ['watch'],
    exclusive: ['exec'],
  }),
  exec: Flags.boolean({ summary: 'Run the command that follows -- after each write', dependsOn: ['watch'] }),
};

/** The words after `--` of `--exec`. Throws `usage` where there are none, or nobody asked for them. */
export function commandAfter(argv: readonly string[], exec = false): readonly string[] {
  const command = othersWords(argv);
  if (exec === ((command[0] ?? '') !== '')) return command;
  const problem = exec ? 'There is no command to run' : 'What follows -- is run with --exec alone';
  throw new BeamError('usage', problem, { hint: { command: 'beamd token --out FILE --watch --exec -- COMMAND' } });
}

interface WishFlags {
  readonly 'min-ttl'?: string | undefined;
  readonly 'refresh'?: boolean;
  readonly 'rejected'?: string | undefined;
}

/** Throws `usage` for what is no span, and for a token on the command line. */
export async function wishesOf(context: Pick<Context, 'askPassphrase' | 'readStdin'>, flags: WishFlags): Promise<TokenWishes> {
  const { 'min-ttl': span, refresh, rejected } = flags;
  return {
    ...(span === undefined ? {} : { minTtl: secondsOf(span) }),
    ...(refresh === true ? { refresh } : {}),
    ...(rejected === undefined ? {} : { refused: await readRejected(context, rejected) }),
  };
}

function secondsOf(text: string): number {
  const seconds = parseSpan(text);
  if (seconds !== undefined) return seconds;
  throw new BeamError('usage', '--min-ttl takes a span: 90s, 10m, 1h', { hint: { command: 'beamd token --min-ttl 10m' } });
}

async function readRejected(
  { askPassphrase, readStdin }: Pick<Context, 'askPassphrase' | 'readStdin'>,
  value: string,
): Promise<Secret> {
  const hint = { command: 'beamd token --rejected -' };
  if (value !== '-') {
    throw new BeamError('usage', 'A token on the command line shows up in ps: --rejected reads it from standard input', { hint });
  }
  const text = ((await askPassphrase('Token that was rejected'))?.reveal() ?? (await readStdin())).trim();
  if (text === '') throw new BeamError('usage', 'There is no token on standard input', { hint });
  return new Secret(text);
}
