/** The helper of git for one address, in the user's settings. git itself writes them. */
import { ownCommand } from '../../programs.ts';
import { parseServer } from '../../store/server.ts';
import { shellWord } from '../../text.ts';
import { BeamError } from '../../errors.ts';
import { userOf } from '../credential/account-at.ts';
import { clientFailed, clientOf, programOnPath, type ClientContext, type Run } from '../runbeam/engines/client.ts';
import type { Setting, Whose } from './setup.ts';

/** What git makes `git credential-beamd` of, and finds on the PATH. */
const BY_NAME = 'beamd';

/** What stands before ours, so that no helper that was set for more addresses is asked for this one, or offered the token. */
const NO_OTHERS = '';

/** The settings for the edge of an account. Throws `not_found` without git, and `failed`. */
export async function gitSetting(context: ClientContext, { server, name }: Whose): Promise<Setting> {
  const { origin } = parseServer(server);
  const git = configOf(context, clientOf(context, 'git', []));
  const [helper, username] = [`credential.${origin}.helper`, `credential.${origin}.username`];
  const [helpers, names] = [await git.all(helper), await git.all(username)];
  const own = programOnPath(context, 'git-credential-beamd') === undefined ? byPath() : BY_NAME;
  const ours = helpers.filter((value) => isOurs(value, own));
  const wantsName = name !== undefined && names.length === 0;
  const isOther = names.length > 0 && names.at(-1) !== userOf({ name });
  const clears = helpers.includes(NO_OTHERS) ? [] : [NO_OTHERS];
  const isSet = ours.length > 0;
  return {
    place: 'git config --global',
    lines: [
      `[credential "${origin}"]`,
      ...(isSet || clears.length > 0 ? ['  helper ='] : []),
      `  helper = ${own}`,
      ...(name === undefined ? [] : [`  username = ${name}`]),
    ],
    blocked: isOther ? otherName(username, origin) : undefined,
    there: isSet ? (wantsName ? 'some' : 'all') : 'none',
    write: async () => {
      if (!isSet) for (const value of [...clears, own]) await git.change('--add', helper, value);
      if (wantsName) await git.change('--add', username, name);
    },
    remove: async () => {
      for (const value of new Set(ours)) await git.change('--unset-all', helper, exactly(value));
      // Ours stood right before it: one that is followed by another helper is of somebody else.
      const rest = helpers.filter((value) => !ours.includes(value));
      const empty = rest.filter((value) => value === NO_OTHERS).length;
      if (empty === 1 && rest.at(-1) === NO_OTHERS) await git.change('--unset-all', helper, '^$');
      if (name !== undefined && names.includes(name)) await git.change('--unset-all', username, exactly(name));
    },
  };
}

/** The addresses for which git asks us, as origins. Throws as `clientOf`. */
export async function askedByGit(context: ClientContext): Promise<string[]> {
  const git = clientOf(context, 'git', []);
  const { ok, stdout } = await git(['config', '--global', '--null', '--get-regexp', String.raw`^credential\..*\.helper$`]);
  const entries = ok ? stdout.split('\0').slice(0, -1) : [];
  return entries.flatMap((entry) => {
    const [, origin = '', value = ''] = /^credential\.(.*)\.helper\n(.*)$/su.exec(entry) ?? [];
    return isOurs(value, BY_NAME) ? [origin] : [];
  });
}

/** For a place that git looks up in no PATH: git gives the line to its shell, so it is quoted for one. */
function byPath(): string {
  return `!${[...ownCommand(), 'credential', 'git'].map(shellWord).join(' ')}`;
}

/** However this program was to be found when it was set up. */
function isOurs(value: string, own: string): boolean {
  return value === own || value === BY_NAME || /^!.*\bbeamd[\w.'-]* credential git$/u.test(value);
}

/** git takes a POSIX pattern here; what compares texts as they are is younger than some gits. */
function exactly(value: string): string {
  return `^${value.replaceAll(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`)}$`;
}

interface Config {
  /** Values of a key, in their order. */
  readonly all: (key: string) => Promise<string[]>;
  readonly change: (how: '--add' | '--unset-all', key: string, value: string) => Promise<void>;
}

function configOf(context: ClientContext, git: Run): Config {
  const run = (args: readonly string[]) => git(['config', '--global', ...args]);
  return {
    all: async (key) => {
      // It fails where there is no such key.
      const { ok, stdout } = await run(['--null', '--get-all', key]);
      return ok ? stdout.split('\0').slice(0, -1) : [];
    },
    change: async (...args) => {
      const { ok, said } = await run(args);
      if (!ok) throw clientFailed(context, 'git', 'change your settings', said);
    },
  };
}

function otherName(key: string, origin: string): BeamError {
  return new BeamError('usage', `git has another user name for ${origin} already`, {
    hint: { command: `git config --global --unset-all ${key}` },
  });
}
