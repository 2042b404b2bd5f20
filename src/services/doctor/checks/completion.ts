/** Whether a Tab in the user's shell completes: the script is where the shell looks, or a file it reads at its start names it. */
import { existsSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { variable, type Env } from '../../../environment.ts';
import { system } from '../../../platform/system.ts';
import { readSmallFile } from '../../../store/files/atomic-file.ts';
import type { Homes } from '../../../store/paths.ts';
import { ok, warning, type Check } from '../report/finding.ts';
import { own, say } from '../report/text.ts';

export const completion: Check = {
  name: 'completion',
  look: ({ env, homes, patient }) => {
    const called = basename(variable(env, 'SHELL') ?? '');
    const shell = Object.hasOwn(SHELLS, called) ? SHELLS[called] : undefined;
    if (shell === undefined || homes.user === '') return [];
    const there =
      shell.files(patient, env, homes).some((file) => existsSync(file)) || isNamed(shell.starts(env, homes), patient, called);
    if (there) return [ok(say`A Tab completes ${own(patient)} in ${own(called)}`)];
    return [
      warning(say`Completion of ${own(patient)} is not installed for ${own(called)}`, {
        command: install(patient, called, shell.place(patient), homes),
      }),
    ];
  },
};

/** The folder is made too, where it is missing: nothing else makes it. */
function install(program: string, shell: string, place: string, { user }: Homes): string {
  const folder = dirname(place);
  const make = existsSync(folder.replace('~', user)) ? '' : `mkdir -p ${folder} && `;
  return `${make}${program} completion ${shell} > ${place}`;
}

interface Shell {
  /** Where it looks for the script of a program. */
  files(program: string, env: Env, homes: Homes): string[];
  /** What it reads when it starts. */
  starts(env: Env, homes: Homes): string[];
  /** Where a user puts the script, as a shell reads it. */
  place(program: string): string;
}

const dataHome = (env: Env, { user }: Homes): string => variable(env, 'XDG_DATA_HOME') ?? join(user, '.local/share');
const configHome = (env: Env, { user }: Homes): string => variable(env, 'XDG_CONFIG_HOME') ?? join(user, '.config');

function dataFolders(env: Env): readonly string[] {
  const named = variable(env, 'XDG_DATA_DIRS')
    ?.split(delimiter)
    .filter((folder) => folder !== '');
  return [...(named ?? []), ...system.programs.data];
}

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: {
    files: (program, env, homes) => {
      const folders = [dataHome(env, homes), ...dataFolders(env)].map((folder) => join(folder, 'bash-completion'));
      return [variable(env, 'BASH_COMPLETION_USER_DIR') ?? '', ...folders].map((folder) => join(folder, 'completions', program));
    },
    starts: (_, { user }) => ['.bashrc', '.bash_profile', '.profile'].map((file) => join(user, file)),
    place: (program) => `~/.local/share/bash-completion/completions/${program}`,
  },
  zsh: {
    files: (program, env, { user }) => {
      const shared = dataFolders(env).flatMap((folder) =>
        ['site-functions', 'vendor-completions'].map((of) => join(folder, 'zsh', of)),
      );
      const own = (variable(env, 'FPATH') ?? '').split(':').filter((folder) => folder !== '');
      return [...own, join(user, '.zfunc'), ...shared].map((folder) => join(folder, `_${program}`));
    },
    starts: (env, { user }) => ['.zshrc', '.zshenv', '.zprofile'].map((file) => join(variable(env, 'ZDOTDIR') ?? user, file)),
    place: (program) => `~/.zfunc/_${program}`,
  },
  fish: {
    files: (program, env, homes) => [
      join(configHome(env, homes), 'fish/completions', `${program}.fish`),
      ...dataFolders(env).map((folder) => join(folder, 'fish/vendor_completions.d', `${program}.fish`)),
    ],
    starts: (env, homes) => [join(configHome(env, homes), 'fish/config.fish')],
    place: (program) => `~/.config/fish/completions/${program}.fish`,
  },
};

function isNamed(files: readonly string[], program: string, shell: string): boolean {
  return files.some((file) => {
    try {
      return (readSmallFile(file) ?? '').includes(`${program} completion ${shell}`);
    } catch {
      return false;
    }
  });
}
