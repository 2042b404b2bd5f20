/** `beamd link`: pins a folder to an edge and a scope. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unknownScope } from '../../store/accounts/choose-scope.ts';
import { BeamError } from '../../errors.ts';
import type { Account } from '../../store/accounts/account.ts';
import type { AccountName } from '../../store/account-key.ts';
import { writeProjectPin } from '../../store/config/project-pin.ts';
import { PROJECT_LOCAL_FILES } from '../../store/paths.ts';
import type { TargetContext, TargetInput } from '../target/ladder.ts';
import { accountTarget, hasScope } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface LinkInput extends TargetInput {
  /** Write `.beamd.local`, which is the user's alone. */
  readonly local: boolean;
}

export interface LinkResult {
  readonly path: string;
  readonly server: string;
  /** Name of the account, where it has one: it stands in `.beamd.local`, since others have other names for theirs. */
  readonly name?: AccountName;
  /** The `.beamd.local` that was written beside `path` for it. */
  readonly localPath?: string;
  /** Absent on a self-hosted server, which has no scopes. */
  readonly scope?: string;
  readonly local: boolean;
}

/** Throws `unknown_scope`, `usage` in the home folder, `bad_file`, `storage`, and as `resolveTarget`. */
export async function link(context: TargetContext, input: LinkInput): Promise<LinkResult> {
  const target = await accountTarget(context, input, 'beamd link');
  const { account } = target;
  const scope = account.kind === 'token' ? undefined : target.scope?.value;
  if (scope !== undefined && !hasScope(account, scope)) throw unknownScope(account, scope);
  const pin = omitUndefined({ server: account.server, scope });
  const folder = projectFolder(context.cwd);
  if (join(folder, '.beamd') === context.homes.beamd) {
    throw new BeamError('usage', `${folder} is not a project: its .beamd folder holds your accounts`, {
      hint: { text: 'cd to a project, then run beamd link' },
    });
  }
  const path = await writeProjectPin(folder, pin, { local: input.local });
  const localPath = await linkAccount(folder, account);
  return omitUndefined({
    path,
    local: input.local,
    ...pin,
    name: account.name,
    localPath: localPath === path ? undefined : localPath,
  });
}

/** The account's name goes into `.beamd.local`; for an account without one, an earlier name goes out of it. */
async function linkAccount(folder: string, { name }: Account): Promise<string | undefined> {
  if (name === undefined && !existsSync(join(folder, PROJECT_LOCAL_FILES[0]))) return undefined;
  return writeProjectPin(folder, { account: name ?? '' }, { local: true });
}

/** The top of the git work tree that `cwd` is in (a worktree has a `.git` file), else `cwd`. */
function projectFolder(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return cwd;
  }
}
