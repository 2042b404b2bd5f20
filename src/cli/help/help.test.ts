import stringWidth from 'fast-string-width';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EXIT_CODES } from '../../errors.ts';
import { createStyle } from '../output/style.ts';
import { routeArgv, wantedHelp } from '../routing/argv.ts';
import { commandsOf, ownManifest, TOPIC_SEPARATORS, type Bin } from '../routing/manifest.ts';
import { isSubject, isTopic, SUBJECTS } from '../routing/topics.ts';
import { findScreen } from './find-screen.ts';
import { firstScreen, groupCommands } from './first-screen.ts';
import { createLayout, helpWidth, type Layout } from './layout.ts';
import { subjectParts } from './subjects.ts';
import { typed, visible } from './words.ts';

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

describe('a list', () => {
  const rows = [
    ['one', 'the first of them'],
    ['two\nTWO', 'a second, of which there is more to tell'],
    ['three', ''],
  ] as const;

  it('has two columns where there is room', () => {
    expect(layoutOf(40).list(rows)).toBe(
      ['  one    the first of them', '  two    a second, of which there is', '  TWO    more to tell', '  three'].join('\n'),
    );
  });

  it('puts a word that is too wide for its column on a line of its own', () => {
    expect(layoutOf(40).list([['a longer one', 'is told about below'], ...rows.slice(0, 1)], 5)).toBe(
      ['  a longer one', '         is told about below', '  one    the first of them'].join('\n'),
    );
  });

  it('has one column where two would be too narrow, deeper than what is told about', () => {
    expect(layoutOf(40).list([['    --a-rather-long-flag', 'Do it, and do it in all of the ways that there are']])).toBe(
      ['      --a-rather-long-flag', '        Do it, and do it in all of the', '        ways that there are'].join('\n'),
    );
  });

  it('has what is typed in bold, and in backticks where there are no colours', () => {
    const bold = createLayout(60, createStyle(true)).list([['a', 'see `b` there']]);
    expect([bold, layoutOf(60).list([['a', 'see `b` there']])]).toEqual([
      '  a  see \u001b[1mb\u001b[22m there',
      '  a  see `b` there',
    ]);
  });
});

const letters = (text: string): string => text.split(/(?:)/u).sort().join('');

function layoutOf(columns: number): Layout {
  return createLayout(columns, createStyle(false));
}

const manifest = ownManifest();

describe.each<Bin>(['beamd', 'runbeam'])('the help of %s', (bin) => {
  const commands = commandsOf(manifest, bin);
  const topics = new Set([...commands.keys()].flatMap((id) => id.split(':').slice(0, -1)));
  const ids = [...topics, ...commands.keys()];

  /** All that there is to be read, by what it is called. */
  async function screens(columns: number): Promise<Map<string, string>> {
    vi.stubEnv('COLUMNS', String(columns));
    const all = new Map<string, string>();
    for (const id of ids) all.set(id, (await findScreen(bin, { id })?.()) ?? '');
    for (const subject of Object.keys(SUBJECTS).filter(isSubject)) {
      all.set(`help ${subject}`, (await findScreen(bin, { subject })?.()) ?? '');
    }
    for (const code of Object.keys(EXIT_CODES)) all.set(`help error ${code}`, (await findScreen(bin, { code })?.()) ?? '');
    for (const loggedIn of [true, false]) {
      all.set(`alone, ${String(loggedIn)}`, firstScreen(bin, visible(bin, manifest), loggedIn, layoutOf(columns)));
    }
    return all;
  }

  it.each([40, 60, 100, 200])('fits %i columns, but for what is there to be copied', async (columns) => {
    for (const [name, text] of await screens(columns)) {
      expect({ name, usage: text.includes('\nUSAGE\n') }).toEqual({ name, usage: !name.startsWith('help ') });
      const wide = text.split('\n').filter((line) => stringWidth(line) > columns && !/^\s*\$ /.test(line));
      expect({ name, wide }).toEqual({ name, wide: [] });
      expect({ name, blanks: text.split('\n').filter((line) => line !== line.trimEnd()) }).toEqual({ name, blanks: [] });
    }
  });

  it('says the same in as many lines as it takes', async () => {
    const unspaced = async (columns: number): Promise<Map<string, string>> =>
      new Map([...(await screens(columns))].map(([name, text]) => [name, text.replaceAll(/\s+/g, '')]));
    const wide = await unspaced(200);
    // Several words beside one text stand between its lines.
    for (const [name, text] of await unspaced(40)) {
      if (name === 'help environment') expect(letters(text)).toBe(letters(wide.get(name) ?? ''));
      else expect({ name, text }).toEqual({ name, text: wide.get(name) });
    }
  });

  it('has every command on its first screen once, in a group: itself, or its topic', () => {
    const groups = groupCommands(bin, visible(bin, manifest));
    const shown = groups.flatMap(([, rows]) => rows.map(([name]) => name));
    expect(shown).toEqual([...new Set(shown)]);
    expect(groups.filter(([heading]) => heading === 'MORE')).toEqual([]);
    const absent = visible(bin, manifest)
      .map((command) => typed(bin, command))
      .filter((name) => !shown.includes(name) && !shown.includes(name.split(/[ :]/)[0] ?? ''));
    expect(absent).toEqual([]);
  });

  it('shows a command that nobody has put into a group', () => {
    const fresh = { id: `${bin}:fresh`, summary: 'Be new.', args: {}, flags: {} };
    expect(groupCommands(bin, [fresh])).toEqual([['MORE', [['fresh', 'Be new']]]]);
  });

  it('says how to begin to whom is not logged in, and not to others', () => {
    const [before, after] = [false, true].map((loggedIn) => firstScreen(bin, visible(bin, manifest), loggedIn, layoutOf(80)));
    const start = `START HERE\n  $ ${bin} login  Log in to ${bin === 'beamd' ? 'an edge' : 'Runbeam Cloud'}, in a browser\n\n`;
    expect(before?.replace(start, '')).toBe(after);
    expect(after).not.toContain('START HERE');
  });

  it('names folders as they are', () => {
    const [files] = subjectParts(bin, 'files', { BEAMD_HOME: '/srv/beamd', RUNBEAM_HOME: '' });
    expect(files?.[0]).toEqual(['/srv/beamd/accounts', 'your logins, a file for each; the secret in it is encrypted']);
  });

  it('is wanted by every way to ask for every command and topic', () => {
    const asked = (argv: readonly string[]): string | undefined =>
      wantedHelp(
        argv,
        routeArgv(argv, (id) => commands.has(id)),
        (word) => isTopic(bin, word),
      );
    for (const id of ids) {
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
