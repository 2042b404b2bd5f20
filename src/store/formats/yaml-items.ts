/**
 * Changes one item of a list in a document that somebody else writes. It is cut out of the text and put into it, so that every
 * other line stays as it is: comments, order, indentation.
 */
import type { ParsedNode, YAMLMap } from 'yaml';
import { BeamError } from '../../errors.ts';
import { openYaml, type Library, type YamlLimits } from './yaml.ts';

/** An item of a list, found by its `name`. */
export interface NamedItem {
  /** Top-level key of the list. */
  readonly list: string;
  readonly name: string;
  /** What stands beside the name. Absent: the item goes. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A part of the text, from one place up to another. */
type Part = readonly [from: number, to: number];

/** The list as it stands in the text. */
interface FoundList {
  readonly text: string;
  readonly name: string;
  readonly contents: YAMLMap | null;
  readonly items: readonly ParsedNode[];
  /** Whether it is laid out as JSON is. */
  readonly flow: boolean;
}

/**
 * The text with the item as it is to be; one that is not there is put last. Throws `bad_file` as `parseYaml`, and for a list that is
 * none.
 */
export async function editNamedItem(text: string, path: string, item: NamedItem, limits: YamlLimits = {}): Promise<string> {
  const { yaml, document } = await openYaml(text, path, limits);
  const { list: name } = item;
  const found = document.get(name, true);
  const isNull = found === undefined || (yaml.isScalar(found) && found.value === null);
  if (!isNull && !yaml.isSeq(found)) {
    throw new BeamError('bad_file', `${path} has \`${name}\`, and it is no list`, { hint: { text: `Look at ${path}` } });
  }
  const items = yaml.isSeq(found) ? (found.items as ParsedNode[]) : [];
  const list = {
    text,
    name,
    contents: document.contents as YAMLMap | null,
    items,
    flow: yaml.isSeq(found) && found.flow === true,
  };
  const index = items.findIndex((each) => yaml.isMap(each) && (each.get('name') as unknown) === item.name);
  if (index === -1 && item.fields === undefined) return text;
  if (!list.flow || items.length === 0) return inText(yaml, list, item, index);
  // Somebody's JSON: the library lays it out anew.
  if (item.fields === undefined) document.deleteIn([name, index]);
  else document.setIn([name, index === -1 ? items.length : index], document.createNode({ name: item.name, ...item.fields }));
  return document.toString({ lineWidth: 0 });
}

/** `index`: where the item is among those of the list; -1: it is not. */
function inText(yaml: Library, list: FoundList, { name, fields }: NamedItem, index: number): string {
  const { text, items } = list;
  const block = (indent: number): string => (fields === undefined ? '' : blockOf(yaml, { name, ...fields }, indent));
  if (items.length === 0) return asOnly(yaml, list, block(0));
  const start = (item: ParsedNode | undefined): number => text.lastIndexOf('-', item?.range[0]);
  const indent = start(items[0]) - lineStart(text, start(items[0]));
  const end = (at: number): number => lineEnd(text, endOf(yaml, items.at(at)));
  if (index === -1) return spliced(text, [end(-1), end(-1)], block(indent));
  if (fields === undefined && items.length === 1) return asOnly(yaml, list, '', end(0));
  return spliced(text, [lineStart(text, start(items[index])), end(index)], block(indent));
}

/** With this as the only item of the list, or none. `to`: where that ends, if there is something in it. */
function asOnly(yaml: Library, { text, name, contents }: FoundList, block: string, to?: number): string {
  const value = block === '' ? ' []\n' : `\n${block}`;
  const pair = contents?.items.find(({ key }) => yaml.isScalar(key) && key.value === name);
  if (!yaml.isScalar(pair?.key)) return spliced(text, [text.length, text.length], `${name}:${value}`);
  const from = (pair.key.range?.[1] ?? 0) + 1;
  const now = pair.value as ParsedNode | null;
  return spliced(text, [from, to ?? lineEnd(text, now?.range[1] ?? from)], value);
}

function blockOf(yaml: Library, item: unknown, indent: number): string {
  const lines = yaml.stringify([item], { lineWidth: 0, indentSeq: false }).trimEnd().split('\n');
  return lines.map((line) => `${' '.repeat(indent)}${line}\n`).join('');
}

/** Where the last word of a node ends: what follows, a comment perhaps, is of whatever comes next. */
function endOf(yaml: Library, node: unknown): number {
  if ((yaml.isMap(node) || yaml.isSeq(node)) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    const inner = yaml.isPair(last) ? (last.value ?? last.key) : last;
    if (inner !== undefined && inner !== null) return endOf(yaml, inner);
  }
  return yaml.isNode(node) ? (node.range?.[1] ?? 0) : 0;
}

function lineStart(text: string, place: number): number {
  return text.lastIndexOf('\n', place - 1) + 1;
}

/** Behind the line break, or at the end of the text. A block of text ends with its own. */
function lineEnd(text: string, place: number): number {
  if (place > 0 && text[place - 1] === '\n') return place;
  const end = text.indexOf('\n', place);
  return end === -1 ? text.length : end + 1;
}

function spliced(text: string, [from, to]: Part, part: string): string {
  const before = text.slice(0, from);
  const gap =
    part === '' || part.startsWith('\n') || part.startsWith(' []') || before === '' || before.endsWith('\n') ? '' : '\n';
  return before + gap + part + text.slice(to);
}
