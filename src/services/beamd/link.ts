/** `beamd link`: pins a folder to an edge and a scope. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unknownScope } from '../../store/accounts/choose-scope.ts';
import { BeamError } from '../../errors.ts';
import { writeProjectPin } from '../../store/config/project-pin.ts';
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
  return { path, local: input.local, ...pin };
}

/** The top of the git work tree that `cwd` is in (a worktree has a `.git` file), else `cwd`. */
function projectFolder(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return cwd;
  }
}
