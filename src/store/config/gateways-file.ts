/** `gateways.yaml` of `harmony:authorize --file`: the gateways that there are to be. Made to be shared, so nothing secret is in it. */
import { BeamError } from '../../errors.ts';
import { didYouMean } from '../../nearest.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { printable } from '../../text.ts';
import { readGivenFile } from '../files/named-file.ts';
import { parseLocatedYaml, type Located } from '../formats/yaml.ts';
import { isSecretName, refuseSecretLines, secretFound } from './secret-lines.ts';

/** One gateway, as it is written. What is not written stays as it is. */
export interface GatewayEntry {
  /** Where it begins, for whoever has to say what is wrong with it. */
  readonly line: number;
  readonly label: string;
  /** A URL, `host:port` or a host; in place of `ip`, `port` and `prefix`. */
  readonly address?: string;
  readonly ip?: string;
  readonly port?: number;
  readonly prefix?: string;
  readonly tls?: boolean;
  /** Path of a PEM file, from the folder of this file. */
  readonly caFile?: string;
  readonly allowPlaintext?: boolean;
  readonly renew?: 'auto' | 'off';
  readonly via?: 'cloud' | 'harmony';
}

/** Bytes: some forty thousand gateways. */
const MAX_FILE = 4_194_304;

/** Forms in which our own secrets come, whatever the key is called. */
const SECRET_TEXT = /AGE-SECRET-KEY-1|\beyJ[\w-]{8,}\.[\w-]{8,}\.|\b\d{1,12}\|[A-Za-z0-9]{40}/u;

type Kind = 'text' | 'flag' | 'port' | readonly string[];

/** Keys of an entry, and what they take. */
const KEYS = {
  label: 'text',
  address: 'text',
  ip: 'text',
  port: 'port',
  prefix: 'text',
  tls: 'flag',
  ca_file: 'text',
  allow_plaintext: 'flag',
  renew: ['auto', 'off'],
  via: ['cloud', 'harmony'],
} as const satisfies Readonly<Record<string, Kind>>;

const NAMES = Object.keys(KEYS);

/**
 * Reads it. Throws `not_found`; `bad_file` with the line for what is no such file, `secret_in_project` with the line for a
 * secret in it. Nothing of its values is in a message but labels.
 */
export async function readGatewaysFile(path: string, signal?: AbortSignal): Promise<GatewayEntry[]> {
  const text = await readGivenFile(path, signal, MAX_FILE);
  refuseSecretLines(text, path);
  const index = text.split('\n').findIndex((line) => SECRET_TEXT.test(line));
  if (index >= 0) throw secretFound(path, index + 1, 'a token or a key');
  const reader = new Reader(path);
  return reader.gateways(await parseLocatedYaml(text, path, { maxBytes: MAX_FILE, perEntry: true }));
}

class Reader {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  gateways(document: Located): GatewayEntry[] {
    const { line, value } = this.#known(document, ['gateways'], 'a file of gateways').get('gateways') ?? {
      line: document.line,
      value: null,
    };
    if (!Array.isArray(value) || value.length === 0) throw this.#wrong(line, 'has no list of `gateways`');
    const entries = (value as readonly Located[]).map((item) => this.#entry(item));
    const lines = new Map<string, number>();
    for (const { label, line: at } of entries) {
      const earlier = lines.get(label);
      if (earlier !== undefined) {
        throw this.#wrong(at, `has the label ${printable(label)} again; line ${String(earlier)} has it, too`);
      }
      lines.set(label, at);
    }
    return entries;
  }

  #entry(item: Located): GatewayEntry {
    const members = this.#known(item, NAMES, 'a gateway');
    const text = (name: keyof typeof KEYS): string | undefined => this.#value(members, name) as string | undefined;
    const flag = (name: keyof typeof KEYS): boolean | undefined => this.#value(members, name) as boolean | undefined;
    const label = text('label');
    if (label === undefined) throw this.#wrong(item.line, 'has a gateway without a `label`');
    const entry = omitUndefined({
      line: item.line,
      label,
      address: text('address'),
      ip: text('ip'),
      port: this.#value(members, 'port') as number | undefined,
      prefix: text('prefix'),
      tls: flag('tls'),
      caFile: text('ca_file'),
      allowPlaintext: flag('allow_plaintext'),
      renew: text('renew') as GatewayEntry['renew'],
      via: text('via') as GatewayEntry['via'],
    });
    const where = entry.address ?? entry.ip;
    if (where === undefined) throw this.#wrong(item.line, `has no \`address\` for ${printable(label)}`);
    const twice = entry.address !== undefined && (entry.ip !== undefined || entry.port !== undefined);
    if (twice) throw this.#wrong(item.line, `has both \`address\` and \`ip\` or \`port\` for ${printable(label)}`);
    return entry;
  }

  /** The members of a map; what is no member of such a one is refused. */
  #known({ line, value }: Located, names: readonly string[], what: string): ReadonlyMap<string, Located> {
    if (!(value instanceof Map)) throw this.#wrong(line, `is not ${what}: \`key: value\` lines are`);
    const members = value as ReadonlyMap<string, Located>;
    for (const [key, { line: at }] of members) {
      if (names.includes(key)) continue;
      if (isSecretName(key)) throw secretFound(this.#path, at, key);
      throw this.#wrong(at, `has \`${printable(key, 40)}\`, which ${what} has not${didYouMean(key, names)}`);
    }
    return members;
  }

  #value(members: ReadonlyMap<string, Located>, name: keyof typeof KEYS): unknown {
    const member = members.get(name);
    if (member === undefined) return undefined;
    const { line, value } = member;
    const kind: Kind = KEYS[name];
    if (kind === 'text' && typeof value === 'string' && value.trim() !== '') return value;
    if (kind === 'flag' && typeof value === 'boolean') return value;
    if (kind === 'port' && typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536) return value;
    // `off` is text in yaml of today, and `false` in that of yesterday.
    if (typeof kind === 'object' && typeof value === 'string' && kind.includes(value)) return value;
    throw this.#wrong(line, `has a wrong \`${name}\`: ${expected(kind)}`);
  }

  #wrong(line: number, why: string): BeamError {
    return new BeamError('bad_file', `${this.#path}:${String(line)} ${why}`, {
      hint: { text: `Correct line ${String(line)} of ${this.#path}` },
    });
  }
}

function expected(kind: Kind): string {
  if (kind === 'text') return 'it takes text, in quotes where it looks like a number';
  if (kind === 'flag') return 'it takes true or false';
  return kind === 'port' ? 'it takes a number from 1 to 65535' : `it takes ${kind.join(' or ')}`;
}
