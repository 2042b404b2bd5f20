/** The file given with `--config`. */
import { dirname, resolve } from 'node:path';
import { BeamError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import { Secret } from '../../secret.ts';
import { printable } from '../../text.ts';
import { modeForOthers } from '../files/permissions.ts';
import { readNamedFile } from '../files/named-file.ts';
import { lineBegunBy, mistypedKeys } from './project-keys.ts';
import { parseYaml } from '../formats/yaml.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/** The token of a `--config` file itself, or the absolute path of the socket whose agent is asked for one (`shared`: in /tmp, too). */
export type ConfigKey = { readonly token: Secret } | { readonly agentSocket: string; readonly shared?: true };

/** A server and what there is for it; no account. */
export interface AppConfig {
  readonly path: string;
  readonly server: string;
  readonly key: ConfigKey;
  readonly insecureSkipVerify: boolean;
  /** Absolute path of a PEM file whose CAs are trusted for this server too. Read at the first request. */
  readonly caFile?: string;
  /** The mode of the file, where it holds a token and others can read it. */
  readonly openTo?: number;
  /** What the user should know about the file. */
  readonly warnings: readonly string[];
}

const KNOWN = ['server', 'token', 'agent_socket', 'ca_file', 'insecure_skip_verify'];

const HINT = { text: 'A config file has two lines: `server: edge.example.com` and `token: <API key>`' };

function fail(message: string): BeamError {
  return new BeamError('bad_config', message, { hint: HINT });
}

type Document = Readonly<Record<string, unknown>>;

interface Loaded {
  readonly document: Document;
  readonly text: string;
}

async function load(path: string, signal: AbortSignal | undefined): Promise<Loaded> {
  const text = await readNamedFile(path, signal);
  if (text === undefined) throw fail(`There is no config file ${path}`);
  return { document: await parseYaml(text, path), text };
}

function required({ document, text }: Loaded, field: string, path: string): string {
  const value = optional(document, field, path);
  if (value === undefined) throw fail(`${path} lacks \`${field}\`${written(field, document, text)}`);
  return value;
}

/** The key that is there in place of one that is missing. */
function written(field: string, document: Document, text: string): string {
  const guess = nearest(field, Object.keys(document));
  if (guess === undefined || guess === field) return '';
  const line = lineBegunBy(text, guess);
  return `; it has \`${printable(guess, 40)}\`${line === undefined ? '' : ` in line ${String(line)}`}`;
}

function optional(document: Document, field: string, path: string): string | undefined {
  const value = document[field] ?? undefined;
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw fail(`${path} has a wrong \`${field}\`: put it in quotes`);
  return value;
}

/** A token that is in the file wins. Without it an agent gives that of a login, which is not to go where anybody could listen. */
function keyOf(loaded: Loaded, path: string, insecure: boolean): ConfigKey {
  const socket = optional(loaded.document, 'agent_socket', path);
  if (socket !== undefined && optional(loaded.document, 'token', path) === undefined) {
    if (insecure)
      throw fail(`${path} has \`insecure_skip_verify\`, which goes with a \`token\` only, and not with \`agent_socket\``);
    return { agentSocket: resolve(dirname(path), socket) };
  }
  const token = required(loaded, 'token', path).trim();
  // It is sent in a header: what no header may hold would fail there with a message that shows it.
  if (!/^[\u0021-\u007e]+$/u.test(token)) throw fail(`${path} has a wrong \`token\`: it holds a space or a line break`);
  return { token: new Secret(token) };
}

/** In a folder that is no more, the name stays as it is: no file will be found there. */
function absolute(file: string): string {
  try {
    return resolve(file);
  } catch {
    return file;
  }
}

/**
 * Reads the file given with `--config`. `server` is as the user wrote it; an `agent_socket` and a `ca_file` are looked
 * for from the file's folder.
 * Throws `bad_config` (absent, a field missing or wrong) and `bad_file` (not readable, not valid yaml), never with content.
 */
export async function readAppConfig(file: string, signal?: AbortSignal): Promise<AppConfig> {
  const path = absolute(file);
  const loaded = await load(path, signal);
  const { document, text } = loaded;
  const insecure = document['insecure_skip_verify'] ?? false;
  if (typeof insecure !== 'boolean') throw fail(`${path} has a wrong \`insecure_skip_verify\`: true or false`);
  const caFile = optional(document, 'ca_file', path);
  const key = keyOf(loaded, path, insecure);
  return omitUndefined({
    path,
    server: required(loaded, 'server', path),
    key,
    insecureSkipVerify: insecure,
    caFile: caFile === undefined ? undefined : resolve(dirname(path), caFile),
    openTo: 'token' in key ? modeForOthers(path) : undefined,
    warnings: mistypedKeys(document, { text, path, file: 'a config file', known: KNOWN }),
  });
}
