/**
 * Writes what is made from the source: the manifest, the command reference in docs/commands, the JSON Schemas of every
 * `--json` output, docs/errors.md, the tables in docs/guides of what the program knows itself, and the declarations of the library. With
 * `--check` it writes nothing and fails if something differs.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import { commandLoaders } from '../src/commands/index.ts';
import { errorsPage } from './errors-page.ts';
import { ladderPicture } from './pictures/ladder.ts';
import { API, libraryTypes } from './library.ts';
import { describeCommands, type GeneratedManifest } from './manifest.ts';
import { commandReference, shapeFile, shapesPage } from './reference.ts';
import { packageVersion, ROOT } from './repository.ts';
import { guideTables, withTable } from './guide-tables.ts';
import { jsonSchemas, LINES, WITHOUT_OUTPUT } from './schemas.ts';

const REFERENCE = join(ROOT, 'docs/commands');
const GUIDES = join(ROOT, 'docs/guides');
const SCHEMAS = join(ROOT, 'docs/json');

/** Every generated file with its content. */
async function generate(): Promise<Map<string, string>> {
  const manifest = await describeCommands(commandLoaders, packageVersion());
  checkSchemas(manifest);
  const files = new Map([[join(ROOT, 'oclif.manifest.json'), pretty(manifest)]]);
  const reference = commandReference(manifest, new Set(Object.keys(jsonSchemas)));
  for (const [name, page] of reference) files.set(join(REFERENCE, name), page);
  for (const [id, schema] of Object.entries(jsonSchemas)) files.set(join(SCHEMAS, shapeFile(id)), pretty(jsonSchema(id, schema)));
  files.set(join(ROOT, 'docs/json.md'), shapesPage(manifest, new Set(Object.keys(jsonSchemas))));
  files.set(join(ROOT, 'docs/errors.md'), errorsPage());
  files.set(join(ROOT, 'docs/pictures/ladder.svg'), ladderPicture());
  for (const { guide, table } of guideTables()) {
    const path = join(GUIDES, guide);
    files.set(path, withTable(files.get(path) ?? readFileSync(path, 'utf8'), table));
  }
  for (const [path, types] of libraryTypes()) files.set(path, types);
  return files;
}

function checkSchemas({ commands }: GeneratedManifest): void {
  const missing = Object.keys(commands).filter((id) => !WITHOUT_OUTPUT.has(id) && jsonSchemas[id] === undefined);
  const spare = Object.keys(jsonSchemas).filter((id) => id !== 'error' && commands[commandOf(id)] === undefined);
  if (missing.length > 0) throw new Error(`No JSON schema for ${missing.join(', ')}`);
  if (spare.length > 0) throw new Error(`A JSON schema but no command for ${spare.join(', ')}`);
}

/** The command whose shape it is. */
function commandOf(id: string): string {
  return id.endsWith(LINES) ? id.slice(0, -LINES.length) : id;
}

function jsonSchema(id: string, schema: GenericSchema): unknown {
  const command = commandOf(id);
  const title = id === 'error' ? 'Error of any command' : `${command.replace(':', ' ')} --json${id === command ? '' : 'l'}`;
  return { ...toJsonSchema(schema, { target: 'draft-2020-12' }), title };
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Pages and schemas of commands that are gone, declarations of entries that are. */
function leftovers(files: ReadonlyMap<string, string>): string[] {
  return [REFERENCE, SCHEMAS, API].flatMap((folder) => {
    mkdirSync(folder, { recursive: true });
    return readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((path) => !files.has(path));
  });
}

function write(files: ReadonlyMap<string, string>): void {
  for (const path of leftovers(files)) rmSync(path);
  for (const [path, content] of files) {
    mkdirSync(dirname(path), { recursive: true });
    if (readOrUndefined(path) !== content) writeFileSync(path, content);
  }
}

const files = await generate();
if (process.argv.includes('--check')) {
  const different = [...files].filter(([path, content]) => readOrUndefined(path) !== content).map(([path]) => path);
  for (const path of [...different, ...leftovers(files)]) {
    process.stderr.write(`${relative(ROOT, path)} is not up to date. Run: npm run generate\n`);
    process.exitCode = 1;
  }
} else {
  write(files);
}
