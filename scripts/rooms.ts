/**
 * The rooms of src/, which are its folders: none imports, through whatever others, one that imports it back, not even for a
 * type, and none has grown too full to be looked over. Tests stand where they like. Which way imports go between rooms is
 * for the lint rules to say; this step needs no list, so a new room is held from its first file on.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import ts from 'typescript';
import { ROOT } from './repository.ts';

/** Files in one folder. */
const MOST_FILES = 14;

/** Folders that hold one small file for each command. */
const ONE_FILE_A_COMMAND = /^src\/(?:commands|cli\/json)(?:\/|$)/;

const TEST = /(?:\.test|testing)\.ts$/;

/** Paths from the top folder, with slashes. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Room by room: what it imports, and the first import of each that was seen. */
type Graph = Map<string, Map<string, Import>>;

/** The room of `path` as one sees it from `folder`: the folder below that it stands in, or the folder's own files. */
function roomIn(folder: string, path: string): string {
  const rest = path.slice(folder.length + 1);
  const end = rest.indexOf('/');
  return `${folder}/${end === -1 ? '*.ts' : rest.slice(0, end)}`;
}

/** The innermost folder that both paths are in. */
function commonFolder(one: string, other: string): string {
  let folder = posix.dirname(one);
  while (!other.startsWith(`${folder}/`)) folder = posix.dirname(folder);
  return folder;
}

/** An import counts in the innermost folder that has both files: there it leads from one room to another. */
function roomGraph(imports: readonly Import[]): Graph {
  const graph: Graph = new Map();
  for (const each of imports) {
    const folder = commonFolder(each.from, each.to);
    const [from, to] = [roomIn(folder, each.from), roomIn(folder, each.to)];
    const targets = graph.get(from) ?? new Map<string, Import>();
    if (from !== to && !targets.has(to)) targets.set(to, each);
    graph.set(from, targets);
  }
  return graph;
}

/** The imports of a shortest way that leads from a room back to it; undefined if none does. */
function wayBack(graph: Graph, room: string): Import[] | undefined {
  const seen = new Set<string>();
  let ways: { readonly at: string; readonly steps: Import[] }[] = [{ at: room, steps: [] }];
  while (ways.length > 0) {
    const next: typeof ways = [];
    for (const { at, steps } of ways) {
      for (const [to, step] of graph.get(at) ?? []) {
        if (to === room) return [...steps, step];
        if (seen.has(to)) continue;
        seen.add(to);
        next.push({ at: to, steps: [...steps, step] });
      }
    }
    ways = next;
  }
  return undefined;
}

/**
 * A problem for each circle of rooms, with an import for each of its steps. One import can close many circles: of those that
 * have one in common, only the shortest is told of.
 */
export function circles(imports: readonly Import[]): string[] {
  const graph = roomGraph(imports);
  const ways = [...graph.keys()].toSorted().map((room) => wayBack(graph, room) ?? []);
  const told = new Set<Import>();
  const problems: string[] = [];
  for (const way of ways.toSorted((one, other) => one.length - other.length)) {
    if (way.length === 0 || way.some((step) => told.has(step))) continue;
    for (const step of way) told.add(step);
    const steps = way.map(({ from, to }) => `\n    ${from} imports ${to}`);
    problems.push(`a circle of ${way.length} rooms:${steps.join('')}`);
  }
  return problems;
}

/** A problem for each folder with more files than one can look over. */
export function crowdedFolders(paths: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  return [...counts]
    .filter(([folder, count]) => count > MOST_FILES && !ONE_FILE_A_COMMAND.test(folder))
    .map(([folder, count]) => `${folder} has ${count} files, and at most ${MOST_FILES} are a room`);
}

function importsOf(path: string): Import[] {
  return ts
    .preProcessFile(readFileSync(join(ROOT, path), 'utf8'))
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => ({ from: path, to: posix.join(posix.dirname(path), fileName) }));
}

/** The problems of all rooms. */
export function checkRooms(): string[] {
  const paths = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join('src', path.replaceAll(sep, '/')))
    .filter((path) => path.endsWith('.ts') && !TEST.test(path));
  const inside = ({ to }: Import): boolean => to.startsWith('src/');
  return [...circles(paths.flatMap(importsOf).filter(inside)), ...crowdedFolders(paths)];
}
