/** `beamd pin check`: is what a repository pins well-formed, does it name what is there, and is nothing in it a secret. */
import { lstatSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { variable } from '../../environment.ts';
import { BeamError, EXIT_CODES, isTransient } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { Secret } from '../../secret.ts';
import { gitTop } from '../../store/config/git-ignore.ts';
import { askGit } from '../../store/config/git-files.ts';
import type { ProjectPin } from '../../store/config/project-pin.ts';
import { PROJECT_LOCAL_FILE } from '../../store/paths.ts';
import { parseServer, sameServer, type Server } from '../../store/server.ts';
import type { TokenTarget } from '../beamd/check-api-key.ts';
import type { Context } from '../context.ts';
import { inspectPin, type PinDraft } from './checks/project.ts';
import { error, ok, warning, type Finding } from './report/finding.ts';
import { host, org, path as pathPart, say, trouble } from './report/text.ts';

export interface PinCheckInput {
  /** A file or folder of the project. Default: the working folder. */
  readonly path?: string | undefined;
  /** An API key file, whose server is asked about the pinned org. */
  readonly config?: string | undefined;
  /** Ask nobody. */
  readonly offline: boolean;
}

export interface PinCheckResult {
  /** Absent: it cannot be read. */
  readonly pin?: ProjectPin;
  /** Server and org are known to be there: by an account here, or by a key. */
  readonly verified: boolean;
  readonly findings: readonly Finding[];
  /** 0, 2 for what is invalid, 6 for a secret. */
  readonly exitCode: number;
}

type PinCheckContext = Pick<Context, 'agents' | 'env' | 'cwd' | 'homes' | 'clock' | 'http' | 'signal'>;

/** Throws `not_found` where nothing is pinned, `token_rejected` for a key that is refused, and as `readAppConfig`. */
export async function checkPin(context: PinCheckContext, input: PinCheckInput): Promise<PinCheckResult> {
  const cwd = folderOf(context, input.path);
  const { env, homes, clock } = context;
  const { pin, server, accounts, found } = await inspectPin({ env, homes, clock, cwd });
  if (pin === undefined && found.length === 0) {
    throw new BeamError('not_found', `No .beamd applies in ${cwd}`, { hint: { command: 'beamd link' } });
  }
  const isKnown = accounts.length > 0 && !found.some(({ fault }) => fault !== undefined);
  const asked = pin === undefined || server === undefined || isKnown ? undefined : await ask(context, input, server, pin.scope);
  // Who has no login here, as in CI, is told what the key says, and not to log in.
  const drafts = [
    ...(pin === undefined ? [] : [ok(say`${pathPart(pin.path)} pins ${namesOf(pin)}`)]),
    ...found.filter((draft) => asked === undefined || accounts.length > 0 || draft.fault !== undefined),
    ...(asked?.found ?? []),
    ...(await personalFile(context, cwd)),
  ];
  return omitUndefined({
    pin,
    verified: isKnown || asked?.verified === true,
    findings: drafts.map(findingOf),
    exitCode: exitCodeOf(drafts),
  });
}

function folderOf({ cwd }: PinCheckContext, named: string | undefined): string {
  const path = resolve(cwd, named ?? '.');
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined)
    throw new BeamError('not_found', `There is no ${path}`, { hint: { text: 'Give a folder, or its .beamd' } });
  return stats.isDirectory() ? path : dirname(path);
}

function namesOf({ server, scope }: ProjectPin): ReturnType<typeof say> {
  const whose = scope === undefined ? undefined : say`org ${org(scope)}`;
  if (server === undefined) return whose ?? say`nothing`;
  return whose === undefined ? say`server ${host(server)}` : say`server ${host(server)} and ${whose}`;
}

function isFault({ fault, level }: PinDraft): boolean {
  return fault !== undefined || level === 'error';
}

/** What a command only warns of is wrong in a file that others are to use. */
function findingOf(draft: PinDraft): Finding {
  return omitUndefined({ check: 'pin', level: isFault(draft) ? 'error' : draft.level, message: draft.message, hint: draft.hint });
}

function exitCodeOf(drafts: readonly PinDraft[]): number {
  if (drafts.some(({ fault }) => fault === 'secret')) return EXIT_CODES.secret_in_project;
  return drafts.some(isFault) ? EXIT_CODES.bad_file : 0;
}

interface Asked {
  readonly verified: boolean;
  readonly found: readonly PinDraft[];
}

const unverified = (why: ReturnType<typeof say>, next: string): Asked => ({
  verified: false,
  found: [warning(say`Not verified: ${why}`, { command: next })],
});

const WITH_KEY = 'beamd pin check --config FILE';

/** Asks the pinned server, with a key that is meant for it: a file that was cloned does not choose where a key goes. */
async function ask(context: PinCheckContext, input: PinCheckInput, server: Server, scope: string | undefined): Promise<Asked> {
  if (input.offline) return unverified(say`nobody was asked (--offline)`, 'beamd pin check');
  const key = await keyFor(context, input);
  if (key === undefined) {
    return unverified(say`there is no login here, no --config and no BEAMD_TOKEN with BEAMD_SERVER`, WITH_KEY);
  }
  if (!sameServer(key.server, server)) {
    return unverified(say`the key is for ${host(key.server.name)}, and ${host(server.name)} is pinned`, WITH_KEY);
  }
  try {
    const orgs = await key.orgs();
    if (orgs === undefined) {
      // Whoever is logged in has seen its orgs.
      const login = `beamd login --server ${server.name}`;
      return unverified(say`${host(server.name)} cannot say which orgs there are`, login);
    }
    if (scope === undefined || orgs.includes(scope)) {
      const what = scope === undefined ? say`${host(server.name)} knows the key` : say`${host(server.name)} knows ${org(scope)}`;
      return { verified: true, found: [ok(what)] };
    }
    const message = say`The key is not for ${org(scope)}, which is pinned`;
    return {
      verified: false,
      found: [{ ...error(message, { text: 'Pin the org that the key is for, or use a key of that org' }), fault: 'invalid' }],
    };
  } catch (failure) {
    if (!(failure instanceof BeamError) || !(isTransient(failure.code) || failure.code === 'bad_answer')) throw failure;
    return unverified([trouble(failure)], 'beamd doctor');
  }
}

interface Key {
  readonly server: Server;
  /** The orgs that it can act for; undefined where the server cannot say. */
  orgs(): Promise<readonly string[] | undefined>;
}

async function keyFor(context: PinCheckContext, { config }: PinCheckInput): Promise<Key | undefined> {
  const { env, http, signal } = context;
  if (config !== undefined) {
    const { readAppConfig } = await import('../../store/config/app-config.ts');
    const appConfig = await readAppConfig(config, signal);
    const server = parseServer(appConfig.server);
    return { server, orgs: () => orgsOf(context, { kind: 'app-config', server, appConfig }, http(appConfig)) };
  }
  const [token, named] = [variable(env, 'BEAMD_TOKEN'), variable(env, 'BEAMD_SERVER')];
  if (token === undefined || named === undefined) return undefined;
  const server = parseServer(named);
  const target = { kind: 'env-token', server: { value: server, source: { kind: 'env' } }, token: new Secret(token) } as const;
  return { server, orgs: () => orgsOf(context, target, http()) };
}

async function orgsOf(context: PinCheckContext, target: TokenTarget, http: Http): Promise<readonly string[] | undefined> {
  const { whatIs } = await import('../beamd/check-api-key.ts');
  const { workspace, session } = await whatIs(context, target, http);
  return session?.scopes.map(({ slug }) => slug) ?? (workspace && [workspace.slug]);
}

/** The personal overlay must not get into git. Where there is none, as in CI, nothing is said: whoever makes one has it ignored. */
async function personalFile({ env }: PinCheckContext, cwd: string): Promise<PinDraft[]> {
  const top = gitTop(cwd);
  if (top === undefined) return [];
  const folders = foldersUpTo(cwd, top).filter(
    (folder) => lstatSync(join(folder, PROJECT_LOCAL_FILE), { throwIfNoEntry: false }) !== undefined,
  );
  const looks = await Promise.all(folders.map((folder) => askAbout(join(folder, PROJECT_LOCAL_FILE), env)));
  return looks.flat();
}

function foldersUpTo(start: string, top: string): string[] {
  const folders = [start];
  for (let at = start; at !== top; at = dirname(at)) folders.push(dirname(at));
  return folders;
}

async function askAbout(file: string, env: PinCheckContext['env']): Promise<PinDraft[]> {
  const { tracked, ignored } = await askGit(file, env);
  if (tracked === true) {
    const hint = { command: `git rm --cached ${PROJECT_LOCAL_FILE}` };
    return [{ ...error(say`${pathPart(file)} is in git, and it is one person's own`, hint), fault: 'invalid' }];
  }
  if (tracked === 'unknown' || ignored === 'unknown') return [warning(say`git could not be asked about ${pathPart(file)}`)];
  if (ignored) return [];
  return [warning(say`git does not ignore ${pathPart(file)}`, { command: `echo ${PROJECT_LOCAL_FILE} >> .gitignore` })];
}
