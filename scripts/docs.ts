/**
 * What is made of docs/, as a program: `node .build/docs.js build [--base /PATH/] [--out FOLDER]` makes the site,
 * `node .build/docs.js record` the pictures in it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { recordPictures } from './pictures/record.ts';
import { ROOT } from './repository.ts';
import { deadLinks } from './site-links.ts';
import { installTools } from './tools.ts';

const PICTURES = join(ROOT, 'docs/pictures');

async function record(): Promise<number> {
  mkdirSync(PICTURES, { recursive: true });
  for (const [name, picture] of await recordPictures()) writeFileSync(join(PICTURES, name), picture);
  return 0;
}

/** `base`: where on its host the site will be. Returns 1 where a link of it leads nowhere. */
function build(base: string, out: string): number {
  const program = join(installTools('site'), 'vitepress/bin/vitepress.js');
  const env = { ...process.env, DOCS_BASE: base, DOCS_OUT: out };
  const { status } = spawnSync(process.execPath, [program, 'build', join(ROOT, 'tools/site')], { env, stdio: ['ignore', 2, 2] });
  if (status !== 0) return 1;
  const dead = deadLinks(out, base);
  for (const line of dead) console.error(line);
  if (dead.length === 0) console.log(`The site is in ${relative(ROOT, out)}`);
  return dead.length === 0 ? 0 : 1;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { base: { type: 'string', default: '/' }, out: { type: 'string', default: join(ROOT, '.build/site') } },
});
process.exitCode = positionals[0] === 'record' ? await record() : build(values.base, resolve(values.out));
