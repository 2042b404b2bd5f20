import stringWidth from 'fast-string-width';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { commandLoaders } from '../../commands/index.ts';
import { routeArgv, wantedHelp } from '../routing/argv.ts';
import { commandsOf, ownManifest, TOPIC_SEPARATORS, type Bin } from '../routing/manifest.ts';
import { helpWidth, loadConfig, printHelp } from './config.ts';
import { isTopic } from '../routing/topics.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the width of help', () => {
  it.each<[columns: string | undefined, terminal: number | undefined, width: number]>([
    ['100', undefined, 100],
    ['100', 60, 100],
    [undefined, 60, 60],
    [undefined, undefined, 80],
    ['40', undefined, 40],
    ['39', undefined, 40],
    ['1', 100, 40],
    ['200', undefined, 200],
    ['201', undefined, 200],
    ['999999', undefined, 200],
    [undefined, 20, 40],
    [undefined, 500, 200],
    [undefined, 0, 40],
    ['', 60, 60],
    ['0', 60, 60],
    ['-80', 60, 60],
    ['8e1', 60, 60],
    ['100 ', 60, 60],
    ['0x50', 60, 60],
    ['1000000', 60, 60],
    ['wide', undefined, 80],
  ])('is for COLUMNS=%j on a terminal of %j columns: %i', (columns, terminal, width) => {
    expect(helpWidth({ COLUMNS: columns }, terminal)).toBe(width);
  });
});

async function printed(...[config, id]: Parameters<typeof printHelp>): Promise<string> {
  const lines: string[] = [];
  await printHelp(config, id, (line) => void lines.push(line));
  return lines.join('\n');
}

const manifest = ownManifest();

describe.each<Bin>(['beamd', 'runbeam'])('the help of %s', (bin) => {
  const commands = commandsOf(manifest, bin);
  const topics = new Set([...commands.keys()].flatMap((id) => id.split(':').slice(0, -1)));
  const ids = ['', ...topics, ...commands.keys()];

  it.each([40, 60, 100, 200])('fits %i columns, but for what is there to be copied', async (columns) => {
    vi.stubEnv('COLUMNS', String(columns));
    for (const id of ids) {
      const config = await loadConfig(bin, manifest, commandLoaders);
      const text = await printed(config, id);
      expect({ id, usage: text.includes('\nUSAGE\n') }).toEqual({ id, usage: true });
      const wide = text.split('\n').filter((line) => stringWidth(line) > columns && !/^\s*\$ /.test(line));
      expect({ id, wide }).toEqual({ id, wide: [] });
    }
  });

  it('says the same in as many lines as it takes', async () => {
    const unspaced = async (columns: number, id: string): Promise<string> => {
      vi.stubEnv('COLUMNS', String(columns));
      // As a program does: one config for one help.
      const config = await loadConfig(bin, manifest, commandLoaders);
      return (await printed(config, id)).replaceAll(/\s+/g, '');
    };
    for (const id of ids) expect({ id, text: await unspaced(40, id) }).toEqual({ id, text: await unspaced(200, id) });
  });

  it('is wanted by every way to ask for every command and topic', () => {
    const asked = (argv: readonly string[]): string | undefined =>
      wantedHelp(
        argv,
        routeArgv(argv, (id) => commands.has(id), TOPIC_SEPARATORS[bin]),
        (word) => isTopic(bin, word),
      );
    for (const id of ids.filter((one) => one !== '')) {
      for (const words of [[id], id.replaceAll(':', TOPIC_SEPARATORS[bin]).split(' ')]) {
        const ways = [
          ['help', ...words],
          [...words, '--help'],
          [...words, '-h'],
        ];
        expect(ways.map(asked)).toEqual(ways.map(() => id));
      }
    }
    expect([asked([]), asked(['help']), asked(['--help']), asked(['-h'])]).toEqual(['', '', '', '']);
  });
});
