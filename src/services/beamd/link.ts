/** `beamd link`: pins a folder to an edge and a scope. */
import { agreed } from '../agreed.ts';
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unknownScope } from '../../store/accounts/choose-scope.ts';
import { BeamError } from '../../errors.ts';
import { accountWords } from '../../hints.ts';
import type { AccountName } from '../../store/account-key.ts';
import type { Account } from '../../store/accounts/account.ts';
import { gitTop, ignoreInGit, type Ignored } from '../../store/config/git-ignore.ts';
import { readProjectPin, writeProjectPin } from '../../store/config/project-pin.ts';
import { PROJECT_FILE, PROJECT_LOCAL_FILE, type Homes } from '../../store/paths.ts';
import { parseServer, sameServer } from '../../store/server.ts';
import { printable, shellWord } from '../../text.ts';
import type { Context } from '../context.ts';
import type { Source } from '../target/climb.ts';
import type { TargetContext, TargetInput } from '../target/ladder.ts';
import { accountTarget, hasScope, type AccountTarget } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface LinkInput extends TargetInput {
  /** Write `.beamd.local`, which is the user's alone. */
  readonly local: boolean;
  /** Replace what the file pins without asking. */
  readonly force: boolean;
}

export interface LinkResult {
  readonly path: string;
  readonly server: string;
  /** Name of the account, where it has one: it stands in `.beamd.local`, since others have other names for theirs. */
  readonly name?: AccountName;
  /** The `.beamd.local` that was written beside `path` for it. */
  readonly localPath?: string;
  /** Absent on a self-hosted server, which has no scopes, and where the personal org was left out. */
  readonly scope?: string;
  /** The personal org, which acts here for this user and was not written into a file for everyone. */
  readonly unpinned?: string;
  readonly local: boolean;
  /** How `.beamd.local` stays out of git; absent where there is none, or no git. */
  readonly ignored?: Ignored;
}

type LinkContext = TargetContext & Pick<Context, 'choose' | 'confirm'>;

/** Only the server is needed of what is written; an empty scope takes out one that stands there. */
interface Pin {
  readonly server: string;
  readonly scope?: string;
}

/**
 * Throws `unknown_scope`; `usage` in the home folder and the root, and where something else is pinned that nobody agreed to
 * replace; `bad_file`, `storage`, and as `resolveTarget`.
 */
export async function link(context: LinkContext, input: LinkInput): Promise<LinkResult> {
  const target = await accountTarget(context, input, 'beamd link');
  const { account } = target;
  const scope = account.kind === 'token' ? undefined : target.scope?.value;
  if (scope !== undefined && !hasScope(account, scope)) throw unknownScope(account, scope);
  const folder = projectFolder(context, 'beamd link');
  const path = join(folder, input.local ? PROJECT_LOCAL_FILE : PROJECT_FILE);
  const before = await readProjectPin(path);
  const sameServer = isSame(before.server, account.server);
  const { pinned, unpinned } = await orgToPin(context, input, target, sameServer ? before.scope : undefined);
  const pin = omitUndefined({ server: account.server, scope: pinned });
  await agreeToReplace(context, { path, before, pin, account, force: input.force });
  // What stands there belongs to what it is replaced by.
  const replaced = { server: pin.server, scope: pin.scope ?? '', ...(sameServer ? {} : { account: '' }) };
  await writeProjectPin(folder, replaced, { local: input.local });
  const localPath = await linkAccount(folder, account);
  return omitUndefined({ path, local: input.local, ...pin, ...ownPart(folder, path, account, localPath), unpinned });
}

/** What is the user's own among what was written, kept out of git. */
function ownPart(
  folder: string,
  path: string,
  { name }: Account,
  localPath: string | undefined,
): Pick<LinkResult, 'name' | 'localPath' | 'ignored'> {
  const beside = localPath === path ? undefined : localPath;
  const isOwn = path.endsWith(PROJECT_LOCAL_FILE) || beside !== undefined;
  const ignored = isOwn ? ignoreInGit(folder, PROJECT_LOCAL_FILE) : undefined;
  return omitUndefined({ name, localPath: beside, ignored });
}

/**
 * The account's name goes into `.beamd.local`, since others have other names for theirs; for an account without one, an
 * earlier name goes out of it. Undefined where there was nothing to write.
 */
async function linkAccount(folder: string, { name }: Account): Promise<string | undefined> {
  const { account } = await readProjectPin(join(folder, PROJECT_LOCAL_FILE));
  return account === name ? undefined : writeProjectPin(folder, { account: name ?? '' }, { local: true });
}

interface ChosenOrg {
  /** Absent: none is written. */
  readonly pinned?: string | undefined;
  readonly unpinned?: string | undefined;
}

/** The org that was said, else the one that is chosen on the terminal, else the one that acts here. */
async function orgToPin(
  context: LinkContext,
  input: LinkInput,
  target: AccountTarget,
  kept: string | undefined,
): Promise<ChosenOrg> {
  const scope = target.account.kind === 'token' ? undefined : target.scope;
  if (scope === undefined) return { pinned: kept };
  const chosen =
    kept === undefined && OWN.has(scope.source.kind) ? await askOrg(context, input, target.account, scope.value) : undefined;
  if (chosen !== undefined) return chosen;
  const isPinned = scope.value === kept || (await isWanted(context, input, target));
  return isPinned ? { pinned: scope.value } : { pinned: kept, unpinned: scope.value };
}

/** What the account itself chooses: nobody has said it for this project. */
const OWN: ReadonlySet<Source['kind']> = new Set(['default-scope', 'first-scope']);

/** Undefined where there is nothing to choose from, or nobody to ask. Enter alone takes what would be written without a question. */
async function askOrg(
  { choose }: LinkContext,
  { local }: LinkInput,
  { scopes }: Account,
  active: string,
): Promise<ChosenOrg | undefined> {
  if (scopes.length < 2) return undefined;
  const slugs = scopes.map(({ slug }) => slug);
  const titles = slugs.map((slug, index) => (index === 0 ? `${printable(slug)} (your personal org)` : printable(slug)));
  const at = slugs.indexOf(active);
  const first = at === 0 && !local ? 0 : at + 1;
  const chosen = await choose('Which org for this project?', ['No org: each their own', ...titles], { first });
  return chosen === undefined ? undefined : { pinned: slugs[chosen - 1] };
}

/** The first org of an account is the user's own: for others who work on the project it is none. */
async function isWanted({ confirm }: LinkContext, { local }: LinkInput, { account, scope }: AccountTarget): Promise<boolean> {
  const slug = scope?.value;
  if (local || scope?.source.kind === 'flag' || slug !== account.scopes[0]?.slug) return true;
  const question = `${printable(slug ?? '')} is your personal org. Pin it for everyone who works on this project?`;
  return (await confirm(question)) === true;
}

async function agreeToReplace(
  context: LinkContext,
  {
    path,
    before,
    pin,
    account,
    force,
  }: {
    readonly path: string;
    readonly before: Partial<Pin>;
    readonly pin: Pin;
    readonly account: Account;
    readonly force: boolean;
  },
): Promise<void> {
  const sameOrg = before.scope === undefined || before.scope === pin.scope;
  if (force || (isSame(before.server, pin.server) && sameOrg)) return;
  const was = [before.server, before.scope && `org ${before.scope}`].filter(Boolean).join(', ');
  const becomes = [pin.server, pin.scope && `org ${pin.scope}`].filter(Boolean).join(', ');
  const words = [accountWords(account), ...(pin.scope === undefined ? [] : [`--scope ${shellWord(pin.scope)}`])];
  await agreed(context, `${path} pins ${printable(was)}. Replace that by ${printable(becomes)}?`, {
    nobody: `${path} pins ${printable(was)} already`,
    no: 'Nothing was written',
    command: `beamd link ${words.join(' ')}${path.endsWith(PROJECT_LOCAL_FILE) ? ' --local' : ''} --force`,
  });
}

/** What names no server pins none, and so is nothing that would be lost. */
function isSame(before: string | undefined, after: string): boolean {
  if (before === undefined) return true;
  try {
    return sameServer(parseServer(before), parseServer(after));
  } catch {
    return false;
  }
}

/** The top of the git work tree that the working folder is in, else that folder. Throws `usage` for what is no project. */
export function projectFolder({ cwd, homes }: Pick<Context, 'cwd' | 'homes'>, command: string): string {
  const top = gitTop(cwd);
  // A home folder that is under git does not make every project in it a part of it.
  const folder = top === undefined || isNoProject(top, homes) ? cwd : top;
  const hint = { hint: { text: `cd to a project, then run ${command}` } };
  if (join(folder, PROJECT_FILE) === homes.beamd) {
    throw new BeamError('usage', `${folder} is not a project: its .beamd folder holds your accounts`, hint);
  }
  if (dirname(folder) === folder) throw new BeamError('usage', `${folder} is not a project, but everything`, hint);
  if (isNoProject(folder, homes)) {
    throw new BeamError('usage', `${folder} is not a project, but your home folder: everything below it would be pinned`, hint);
  }
  return folder;
}

function isNoProject(folder: string, homes: Homes): boolean {
  return dirname(folder) === folder || realPath(folder) === realPath(homes.user);
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
