/**
 * Changes one item of a list in a document that somebody else writes. It is cut out of the text and put into it, so that every
 * other line stays as it is: comments, order, indentation.
 */
import type { ParsedNode, YAMLMap, YAMLSeq } from 'yaml';
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

/**
 * The text with the item as it is to be; one that is not there is put last. Throws `bad_file` as `parseYaml`, and for a list that is
 * none.
 */
export async function editNamedItem(text: string, path: string, item: NamedItem, limits: YamlLimits = {}): Promise<string> {
  const { yaml, document } = await openYaml(text, path, limits);
  const { list, name, fields } = item;
  const found = document.get(list, true);
  if (found !== undefined && !yaml.isSeq(found) && !(yaml.isScalar(found) && found.value === null)) {
    throw new BeamError('bad_file', `${path} has \`${list}\`, and it is no list`, { hint: { text: `Look at ${path}` } });
  }
  const block = (indent: number): string => (fields === undefined ? '' : blockOf(yaml, { name, ...fields }, indent));
  const items = yaml.isSeq(found) ? (found.items as ParsedNode[]) : [];
  const index = items.findIndex((each) => yaml.isMap(each) && (each.get('name') as unknown) === name);
  if (index === -1 && fields === undefined) return text;
  if (items.length === 0) return begun(yaml, document.contents as YAMLMap, text, list, block(0));
  const seq = found as YAMLSeq.Parsed;
  if (seq.flow === true) {
    // Somebody's JSON: the library lays it out anew.
    if (fields === undefined) document.deleteIn([list, index]);
    else document.setIn([list, index === -1 ? items.length : index], document.createNode({ name, ...fields }));
    return document.toString({ lineWidth: 0 });
  }
  const indent = seq.range[0] - lineStart(text, seq.range[0]);
  if (index === -1) {
    const end = lineEnd(text, endOf(yaml, items.at(-1)));
    return spliced(text, [end, end], block(indent));
  }
  const from = lineStart(text, text.lastIndexOf('-', items[index]?.range[0]));
  const part: Part = [from, lineEnd(text, endOf(yaml, items[index]))];
  return fields === undefined && items.length === 1
    ? begun(yaml, document.contents as YAMLMap, text, list, '', part[1])
    : spliced(text, part, block(indent));
}

/** The document with a list that has this as its only item, or none. `to`: where the list ends, if it is there with something in it. */
function begun(yaml: Library, contents: YAMLMap | null, text: string, list: string, block: string, to?: number): string {
  const value = block === '' ? ' []\n' : `\n${block}`;
  const pair = contents?.items.find(({ key }) => yaml.isScalar(key) && key.value === list);
  if (!yaml.isScalar(pair?.key)) return spliced(text, [text.length, text.length], `${list}:${value}`);
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
  const gap = part === '' || part.startsWith('\n') || part.startsWith(' []') || before === '' || before.endsWith('\n') ? '' : '\n';
  return before + gap + part + text.slice(to);
}
