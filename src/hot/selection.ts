/** The ladder where nothing is unusual: `services/resolve.ts` says the same of it, and everything of all the rest. */
import { closeSync, constants, lstatSync, openSync, readFileSync } from 'node:fs';
import { parseFlatYaml } from '../store/flat-yaml.ts';
import { configFile } from '../store/paths.ts';
import type { Env, Homes } from '../store/paths.ts';
import { plainServer } from '../store/plain-server.ts';
import { PROJECT_FIELDS, searchProject } from '../store/project-search.ts';

/** The words of a plain `beamd token [--server H] [--scope S]`. */
export interface TokenFlags {
  readonly server?: string;
  readonly scope?: string;
}

export interface PlainSelection {
  /** Key of the account. */
  readonly key: string;
  readonly scope?: string;
}

export interface Surroundings {
  readonly env: Env;
  readonly cwd: string;
  readonly homes: Homes;
}

type Entries = Readonly<Record<string, string>>;

/** What such a file is far below, bytes. */
const USUAL_SIZE = 4_096;

/** The text of a small regular file. Undefined: not as usual. */
function readUsual(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true || stat.size > USUAL_SIZE) return undefined;
  // Nothing else may have taken the file's place meanwhile.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  const text = readFileSync(descriptor, 'utf8');
  closeSync(descriptor);
  return text;
}

/** `key: text` lines with no other keys than `known`. */
function readEntries(path: string, known: readonly string[]): Entries | undefined {
  const text = readUsual(path);
  const entries = text === undefined ? undefined : parseFlatYaml(text);
  return entries !== undefined && Object.keys(entries).every((key) => known.includes(key)) ? entries : undefined;
}

/** What the project files pin, the personal one first; `{}` without a project. */
function projectPin({ cwd, homes }: Surroundings): Entries | undefined {
  let pin: Entries = {};
  const { base, local } = searchProject(cwd, homes);
  for (const path of [base, local]) {
    if (path === undefined) continue;
    const entries = readEntries(path, PROJECT_FIELDS);
    if (entries === undefined) return undefined;
    // An empty text pins nothing: it hides nothing of the other file either.
    pin = { ...pin, ...Object.fromEntries(Object.entries(entries).filter(([, text]) => text !== '')) };
  }
  return pin;
}

const given = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

/** Server and org by the ladder. Undefined, or any error: not as usual; then climb it whole. */
export function plainSelection(flags: TokenFlags, surroundings: Surroundings): PlainSelection | undefined {
  const { env } = surroundings;
  const server = flags.server ?? given(env['BEAMD_SERVER']);
  const scope = flags.scope ?? given(env['BEAMD_SCOPE']);
  const pin = server === undefined || scope === undefined ? projectPin(surroundings) : {};
  return pin === undefined ? undefined : select(server, scope, pin, surroundings.homes);
}

function select(server: string | undefined, scope: string | undefined, pin: Entries, homes: Homes): PlainSelection | undefined {
  const pinnedServer = pin['server'];
  const named = server ?? pinnedServer ?? readEntries(configFile(homes), ['current'])?.['current'];
  const found = named === undefined ? undefined : plainServer(named);
  const pinned = pinnedServer === undefined ? found : plainServer(pinnedServer);
  if (found === undefined || pinned === undefined) return undefined;
  // An org pinned together with a server belongs to that server only.
  const org = scope ?? (pinned.key === found.key ? pin['scope'] : undefined);
  return { key: found.key, ...(org === undefined ? {} : { scope: org }) };
}
