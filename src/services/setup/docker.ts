/** The helper of docker for one registry, in its `config.json`. */
import { isAbsolute, join } from 'node:path';
import { variable } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { isFields, looseJson, type Fields } from '../../loose-json.ts';
import { editForeignFile, readForeignFile } from '../../store/files/foreign-file.ts';
import { parseServer } from '../../store/server.ts';
import { printable } from '../../text.ts';
import { programOnPath } from '../runbeam/engines/client.ts';
import type { SetupContext, Setting, Whose } from './setup.ts';

/** What docker makes `docker-credential-beamd` of, and finds on the PATH only. */
const HELPER = 'beamd';

const LIST = 'credHelpers';

/** The setting for the edge of an account. Throws `bad_file` for settings that are none. */
export function dockerSetting(context: SetupContext, { server }: Whose): Promise<Setting> {
  const host = parseServer(server).origin.replace(/^https?:\/\//u, '');
  const path = configFile(context);
  const now = helpersOf(parse(readForeignFile(path) ?? '', path), path)[host];
  return Promise.resolve({
    place: path,
    lines: [`"${LIST}": { "${host}": "${HELPER}" }`],
    there: now === HELPER ? 'all' : 'none',
    blocked: now !== undefined && now !== HELPER ? otherHelper(path, host) : notOnPath(context),
    write: () => editForeignFile(path, (text) => edited(text, path, (helpers) => ({ ...helpers, [host]: HELPER }))),
    remove: () =>
      editForeignFile(path, (text) =>
        edited(text, path, (helpers) => Object.fromEntries(Object.entries(helpers).filter(([name]) => name !== host))),
      ),
  });
}

/** The registries for which docker asks us, as it calls them. Throws `bad_file`, `bad_config`. */
export function askedByDocker(context: Pick<SetupContext, 'env' | 'homes'>): string[] {
  const path = configFile(context);
  const helpers = Object.entries(helpersOf(parse(readForeignFile(path) ?? '', path), path));
  return helpers.flatMap(([host, helper]) => (helper === HELPER ? [host] : []));
}

function configFile({ env, homes }: Pick<SetupContext, 'env' | 'homes'>): string {
  const folder = variable(env, 'DOCKER_CONFIG') ?? join(homes.user, '.docker');
  if (isAbsolute(folder)) return join(folder, 'config.json');
  throw new BeamError('bad_config', 'DOCKER_CONFIG is not an absolute path', {
    hint: { text: 'Set it to a whole path, or unset it' },
  });
}

/** Docker writes a tab for each step; another indentation is kept, and so is the order. */
function edited(text: string, path: string, change: (helpers: Fields) => Fields): string {
  const before = parse(text, path);
  const helpers = change(helpersOf(before, path));
  // An undefined member is left out, and one that is there keeps its place.
  const config = { ...before, [LIST]: Object.keys(helpers).length > 0 ? helpers : undefined };
  const indentation = /^[{[]\r?\n([ \t]+)/u.exec(text)?.[1] ?? '\t';
  return `${JSON.stringify(config, undefined, indentation)}${text === '' || text.endsWith('\n') ? '\n' : ''}`;
}

function parse(text: string, path: string): Fields {
  if (text.trim() === '') return {};
  const value = looseJson(text);
  if (isFields(value)) return value;
  throw notOurs(path);
}

function helpersOf(config: Fields, path: string): Fields {
  const helpers = config[LIST] ?? {};
  if (isFields(helpers)) return helpers;
  throw notOurs(path);
}

function notOurs(path: string): BeamError {
  return new BeamError('bad_file', `${printable(path, 1_000)} is not a file of docker's settings`, {
    hint: { text: 'Correct it, or move it away' },
  });
}

function otherHelper(path: string, host: string): BeamError {
  return new BeamError('usage', `docker has another helper for ${host} already`, {
    hint: { text: `Take "${host}" out of "${LIST}" in ${printable(path, 1_000)} first` },
  });
}

function notOnPath(context: SetupContext): BeamError | undefined {
  if (programOnPath(context, `docker-credential-${HELPER}`) !== undefined) return undefined;
  return new BeamError('not_found', 'There is no docker-credential-beamd in the absolute folders of your PATH', {
    hint: { text: 'Make it a link to the executable, beside it: ln -s beamd docker-credential-beamd' },
  });
}
