/** What stands in the guides to be typed or written, for a server on this machine. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../sandbox/testing.ts';

/** The blocks of a guide in one language, in their order. */
export function guideBlocks(guide: string, language: string): string[] {
  const text = readFileSync(join(PACKAGE_ROOT, 'docs', 'guides', guide), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gmu'))].map(([, block = '']) => block);
}

/** A text of a guide with `127.0.0.1:PORT`, without TLS, in the place of edge.example.com. */
export function forServer(text: string, { host }: URL): string {
  return text
    .replaceAll(/https:\/\/(\S*)edge\.example\.com/gu, (_, user: string) => `http://${user}${host}`)
    .replaceAll('edge.example.com', host)
    .replaceAll('protocol=https', 'protocol=http');
}
