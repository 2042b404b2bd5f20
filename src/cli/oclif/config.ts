/** oclif's side of a run: its config, made of our plugin, and its help. Imported once a command is wanted. */
import { Config } from '@oclif/core/config';
import { Help } from '@oclif/core/help';
import stringWidth from 'fast-string-width';
import type { Env } from '../../environment.ts';
import type { Bin, CommandLoaders, Manifest } from '../routing/manifest.ts';
import { STANDALONE } from '../../programs.ts';
import { processOutput } from '../output/output.ts';
import { createPlugin } from './plugin.ts';

/** Columns that help takes at least, and at most; and where nothing says how many there are. */
const NARROWEST = 40;
const WIDEST = 200;
const USUAL = 80;

export async function loadConfig(bin: Bin, manifest: Manifest, loaders: CommandLoaders): Promise<Config> {
  const plugin = createPlugin(bin, manifest, loaders);
  const plugins = new Map([[plugin.name, plugin]]);
  const config = await Config.load({ root: plugin.root, plugins, pjson: plugin.pjson, version: manifest.version });
  // What it shows as the version, in its own form. An executable is of one piece: there is no Node that could be another one.
  if (STANDALONE !== undefined) config.userAgent = `${config.name}/${config.version} ${STANDALONE} standalone`;
  return config;
}

/** The columns that help is laid out for: `COLUMNS`, else the terminal's, 40 to 200. */
export function helpWidth(env: Env, columns: number | undefined): number {
  const told = Number(/^[1-9]\d{0,5}$/.exec(env['COLUMNS'] ?? '')?.[0] ?? columns ?? USUAL);
  return Math.min(WIDEST, Math.max(NARROWEST, told));
}

/**
 * Help as a result like any other, and of which every line fits: oclif writes past our streams, leaves headlines whole, and
 * forgets an indent where there is little room.
 */
class FittingHelp extends Help {
  readonly #print: (line: string) => void;

  constructor(config: Config, maxWidth: number, print: (line: string) => void) {
    super(config, { hideAliasesFromRoot: true, maxWidth });
    this.#print = print;
  }

  protected override log(...lines: string[]): void {
    for (const line of lines.flatMap((text) => text.split('\n'))) this.#print(this.#fitted(line));
  }

  /** An example stays whole: it is there to be copied. */
  #fitted(line: string): string {
    if (stringWidth(line) <= this.opts.maxWidth || /^\s*\S*\$ /.test(line)) return line;
    const indent = /^ */.exec(line)?.[0] ?? '';
    return this.wrap(line.trimStart(), indent.length).replaceAll(/^/gm, indent);
  }
}

/** Prints the help of a command or a topic, or of the whole program for an empty id: each line by `print`. */
export async function printHelp(config: Config, id: string, print = processOutput().result): Promise<void> {
  const maxWidth = helpWidth(process.env, process.stdout.columns);
  await new FittingHelp(config, maxWidth, print).showHelp(id === '' ? [] : [id]);
}
