/**
 * Yaml from outside, kept from doing harm. What this program writes, `own-yaml.ts` reads; the library is loaded only when a
 * document needs it.
 */
import type { Document } from 'yaml';
import { BeamError } from '../../errors.ts';
import { isFields } from '../../loose-json.ts';
import { bare, parseOwnYaml } from './own-yaml.ts';

const MAX_BYTES = 65_536;
// Far more than any of our files nests. The parser recurses, and its stack overflow cannot be caught on Node 20 and 22.
const MAX_DEPTH = 32;
// Some 500 lines. The parser's time grows with the square of a map's keys and of the errors in a list: it takes seconds for
// 64 KiB of `{[],[],`.
const MAX_TOKENS = 4_000;

export interface YamlLimits {
  /** Default 64 KiB, and then 4,000 tokens too. Only for files that nobody else writes. */
  readonly maxBytes?: number;
  /** The 4,000 tokens are those of one entry of the outermost list, and of all that stands around it: a long list is no harm. */
  readonly perEntry?: boolean;
}

function refuse(path: string, line: number | undefined, why: string): BeamError {
  const where = line === undefined ? path : `${path}:${String(line)}`;
  const hint = line === undefined ? { text: `Look at ${path}` } : { text: `Correct line ${String(line)} of ${path}` };
  return new BeamError('bad_file', `${where} ${why}`, { hint });
}

/** Follows the tokens of a document as the parser would, without recursion, and counts them and how deep they nest. */
class DepthGuard {
  #line = 1;
  #tokens = 0;
  #column = 0;
  /** Whether nothing but indicators has been seen on this line. */
  #leading = true;
  #flow = 0;
  /** Columns at which a block collection may have begun. */
  readonly #blocks: number[] = [];
  readonly #path: string;
  readonly #maxTokens: number;
  readonly #perEntry: boolean;
  /** Where the entries of the outermost list begin, and how many tokens stand at or before that column and begin none. */
  #listColumn: number | undefined;
  #around = 0;

  constructor(path: string, { maxTokens, perEntry }: { readonly maxTokens: number; readonly perEntry: boolean }) {
    this.#path = path;
    this.#maxTokens = maxTokens;
    this.#perEntry = perEntry;
  }

  token(source: string): void {
    if (this.#perEntry && this.#leading && this.#flow === 0 && source.trim() !== '') this.#entry(source);
    this.#tokens += 1;
    if (Math.max(this.#tokens, this.#around) > this.#maxTokens) throw refuse(this.#path, this.#line, 'goes on for too long');
    this.#follow(source);
  }

  #entry(source: string): void {
    if (source === '-') {
      this.#listColumn ??= this.#column;
      if (this.#column === this.#listColumn) this.#tokens = 0;
    } else if (this.#column <= (this.#listColumn ?? Infinity)) this.#around += 1;
  }

  #follow(source: string): void {
    const first = source[0] ?? '';
    // Marks of the lexer itself, which are not in the document.
    if (first === '\u0002' || first === '\u001f' || first === '\u0018') return;
    if (first === '&' || first === '*') throw refuse(this.#path, this.#line, 'has an anchor or an alias');
    if (source === '[' || source === '{') this.#flow += 1;
    else if (source === ']' || source === '}') this.#flow = Math.max(0, this.#flow - 1);
    if (this.#leading && this.#flow <= 1 && source.trim() !== '') this.#block(source);
    if (this.#flow + this.#blocks.length > MAX_DEPTH) throw refuse(this.#path, this.#line, 'is nested too deeply');
    this.#advance(source);
  }

  #block(source: string): void {
    while ((this.#blocks.at(-1) ?? -1) > this.#column) this.#blocks.pop();
    if (this.#blocks.at(-1) !== this.#column) this.#blocks.push(this.#column);
    if (source !== '-' && source !== '?' && source !== ':') this.#leading = false;
  }

  #advance(source: string): void {
    const newlines = source.split('\n').length - 1;
    this.#line += newlines;
    if (newlines > 0) {
      this.#column = source.length - source.lastIndexOf('\n') - 1;
      this.#leading = true;
    } else this.#column += source.length;
  }
}

export type Library = typeof import('yaml');

/** `default` is all of a CommonJS package; the bundler would find no other name in it. */
async function loadLibrary(): Promise<Library> {
  return (await import('yaml')).default;
}

function guard(yaml: Library, text: string, path: string, limits: YamlLimits): void {
  const { maxBytes = MAX_BYTES, perEntry = false } = limits;
  const maxTokens = limits.maxBytes === undefined || perEntry ? MAX_TOKENS : maxBytes;
  if (Buffer.byteLength(text) > maxBytes) {
    throw refuse(path, undefined, `is larger than ${String(Math.floor(maxBytes / 1024))} KiB`);
  }
  const depth = new DepthGuard(path, { maxTokens, perEntry });
  // Line breaks are made one kind so that lines are counted as an editor counts them.
  for (const token of new yaml.Lexer().lex(text.replaceAll('\r\n', '\n'))) depth.token(token);
}

function parseGuarded(yaml: Library, text: string, path: string, limits: YamlLimits): Document.Parsed {
  guard(yaml, text, path, limits);
  const lineCounter = new yaml.LineCounter();
  const document = yaml.parseDocument(text, {
    lineCounter,
    // Its messages quote the line, which may be the one with the key in it.
    prettyErrors: false,
    // Silent would also hide that there is a second document.
    logLevel: 'error',
    uniqueKeys: true,
    schema: 'core',
  });
  const error = document.errors[0];
  if (error === undefined) return document;
  const line = lineCounter.linePos(error.pos[0]).line;
  throw refuse(path, line, error.code === 'DUPLICATE_KEY' ? 'has a key twice' : 'is not valid yaml');
}

/** Objects without a prototype: no key of a document reaches one. */
function bareOf(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item) => bareOf(item, path));
  if (!(value instanceof Map)) return value;
  const result = bare<unknown>();
  for (const [key, item] of value) {
    if (typeof key !== 'string') throw refuse(path, undefined, 'has a key that is not text');
    result[key] = bareOf(item, path);
  }
  return result;
}

async function parseWithLibrary(text: string, path: string, limits: YamlLimits): Promise<Record<string, unknown>> {
  const yaml = await loadLibrary();
  let value: unknown;
  try {
    value = parseGuarded(yaml, text, path, limits).toJS({ mapAsMap: true, maxAliasCount: 0 });
  } catch (error) {
    throw error instanceof BeamError ? error : refuse(path, undefined, 'is not valid yaml');
  }
  if (value === null || value === undefined) return bare();
  const result = bareOf(value, path);
  if (!isFields(result)) throw refuse(path, undefined, 'is not a list of `key: value` lines');
  return result;
}

/**
 * Parses a yaml document that is an object; an empty one is `{}`. At most 64 KiB and 4,000 tokens (words, marks, line
 * breaks) or `maxBytes`, nested at most 32 deep, no anchors or aliases, no key twice. Throws `bad_file` with path and
 * line, never with content.
 */
export async function parseYaml(text: string, path: string, limits: YamlLimits = {}): Promise<Record<string, unknown>> {
  const own = text.length > (limits.maxBytes ?? MAX_BYTES) ? undefined : parseOwnYaml(text);
  return own ?? parseWithLibrary(text, path, limits);
}

/** A value, with the line that it begins in. */
export interface Located {
  readonly line: number;
  readonly value: string | number | boolean | null | readonly Located[] | ReadonlyMap<string, Located>;
}

/** As `parseYaml`, of a document that people write and that is to be told line by line what is wrong. Empty: `null`. */
export async function parseLocatedYaml(text: string, path: string, limits: YamlLimits = {}): Promise<Located> {
  const yaml = await loadLibrary();
  try {
    const { contents } = parseGuarded(yaml, text, path, limits);
    const lines = new yaml.LineCounter();
    lines.addNewLine(0);
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
    return locate(yaml, contents, path, (at) => lines.linePos(at).line);
  } catch (error) {
    throw error instanceof BeamError ? error : refuse(path, undefined, 'is not valid yaml');
  }
}

function locate(yaml: Library, node: unknown, path: string, lineAt: (at: number) => number, from = 1): Located {
  const line = yaml.isNode(node) && node.range ? lineAt(node.range[0]) : from;
  if (yaml.isMap(node)) {
    const pairs = node.items.map(({ key, value }): [string, Located] => {
      if (!yaml.isScalar(key) || typeof key.value !== 'string') throw refuse(path, line, 'has a key that is not text');
      const at = key.range ? lineAt(key.range[0]) : line;
      return [key.value, { ...locate(yaml, value, path, lineAt, at), line: at }];
    });
    return { line, value: new Map(pairs) };
  }
  if (yaml.isSeq(node)) return { line, value: node.items.map((item) => locate(yaml, item, path, lineAt, line)) };
  const value = yaml.isScalar(node) ? node.value : null;
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null;
  if (!isPlain) throw refuse(path, line, 'has a value of a kind that is not read');
  return { line, value };
}

/** Yaml text of a value. Long lines are not folded; text over several lines is written as a block. */
export async function stringifyYaml(value: unknown): Promise<string> {
  const yaml = await loadLibrary();
  return yaml.stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/**
 * Sets or (undefined) removes top-level keys of a document and keeps everything else, comments too.
 * Throws `bad_file` as `parseYaml` does.
 */
export async function editYaml(text: string, path: string, changes: Readonly<Record<string, unknown>>): Promise<string> {
  await parseYaml(text, path);
  const yaml = await loadLibrary();
  const document = parseGuarded(yaml, text, path, {});
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) document.delete(key);
    else document.set(key, value);
  }
  return document.toString({ lineWidth: 0 });
}

/** A document as the library has it, once it is known to do no harm. Throws `bad_file` as `parseYaml` does. */
export async function openYaml(
  text: string,
  path: string,
  limits: YamlLimits,
): Promise<{ readonly yaml: Library; readonly document: Document.Parsed }> {
  await parseYaml(text, path, limits);
  const yaml = await loadLibrary();
  return { yaml, document: parseGuarded(yaml, text, path, limits) };
}

/** The line of a top-level key in a document that is sound; undefined if it has none. Throws as `parseYaml`. */
export async function lineOfKey(text: string, path: string, key: string): Promise<number | undefined> {
  const yaml = await loadLibrary();
  const { contents } = parseGuarded(yaml, text, path, {});
  if (!yaml.isMap(contents)) return undefined;
  const found = contents.items.find((pair) => yaml.isScalar(pair.key) && pair.key.value === key)?.key;
  const start = yaml.isScalar(found) ? found.range[0] : undefined;
  return start === undefined ? undefined : text.slice(0, start).split('\n').length;
}
