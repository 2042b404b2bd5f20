/** Every help page of a bin, rendered with oclif: for the build. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Help } from '@oclif/core/help';
import type { CommandLoaders } from '../command-loader.ts';
import { commandsOf, readManifest } from '../manifest.ts';
import type { Bin, Manifest } from '../manifest.ts';
import { loadConfig } from '../oclif.ts';
import { joinPages, pagesFile, USER_AGENT } from './pages.ts';
import type { Look, PageKey } from './pages.ts';
import { TOPICS } from './topics.ts';

/** Help that is kept, not printed. */
class KeptHelp extends Help {
  text = '';

  protected override log(...lines: string[]): void {
    this.text += `${lines.join(' ')}\n`;
  }
}

/** Writes the pages of both bins into `folder`, by the manifest in `root`. Colours are what the environment says. */
export async function writePages(root: string, folder: string, look: Look, loaders: CommandLoaders): Promise<void> {
  const manifest = readManifest(root);
  for (const bin of ['beamd', 'runbeam'] as const) {
    const render = (id: string): Promise<string> => renderPage(bin, manifest, id, loaders);
    writeFileSync(join(folder, pagesFile(bin, look)), joinPages(await renderPages(bin, manifest, render)));
  }
}

async function renderPages(
  bin: Bin,
  manifest: Manifest,
  render: (id: string) => Promise<string>,
): Promise<Map<PageKey, string>> {
  const pages = new Map<PageKey, string>([['root', await render('')]]);
  for (const [id, { aliases }] of commandsOf(manifest, bin)) {
    for (const name of [id, ...aliases]) pages.set(`command ${name}`, await render(name));
  }
  for (const name of Object.keys(TOPICS[bin])) pages.set(`topic ${name}`, await render(name));
  return pages;
}

/** With a config of its own: oclif writes into the commands while it renders them. */
async function renderPage(bin: Bin, manifest: Manifest, id: string, loaders: CommandLoaders): Promise<string> {
  const config = await loadConfig(bin, manifest, '', loaders);
  config.userAgent = USER_AGENT;
  const help = new KeptHelp(config, config.pjson.oclif.helpOptions);
  await help.showHelp(id === '' ? [] : [id]);
  return help.text;
}
