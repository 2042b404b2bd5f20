import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { missing } from '../test/support/programs.ts';
import { manPages } from './man.ts';
import { writtenManifest, type GeneratedManifest, type ManifestCommand } from './manifest.ts';
import { ROOT } from './repository.ts';

const DAY = '2026-01-31';
const pages = manPages(writtenManifest(), DAY);

function command(id: string, more: Partial<ManifestCommand> = {}): ManifestCommand {
  return { id, aliases: [], hiddenAliases: [], hidden: false, strict: true, examples: [], flags: {}, args: {}, ...more };
}

function pageOf(one: ManifestCommand, name: string, date?: string): string | undefined {
  const manifest: GeneratedManifest = { version: '1.2.3', commands: { [one.id]: one } };
  return manPages(manifest, date).get(name);
}

test('a page tells all that a command takes', () => {
  const log = command('beamd:agent:log', {
    aliases: ['logs'],
    summary: 'Show the log.',
    description: 'With `-n` only its end: see the [log](log.md).',
    examples: ['<%= config.bin %> agent log -n 3', `curl -H 'a: "$(<%= config.bin %> token)"'`],
    flags: {
      lines: { name: 'lines', type: 'option', char: 'n', helpValue: 'N', summary: 'How many', default: 100 },
      colour: { name: 'colour', type: 'boolean', allowNo: true, summary: 'Be bright' },
      secret: { name: 'secret', type: 'boolean', hidden: true, summary: 'Nobody knows' },
    },
    args: { which: { name: 'which', description: 'Which log' } },
  });
  expect(pageOf(log, 'beamd-agent-log.1', DAY)?.split('\n')).toEqual([
    '.TH BEAMD-AGENT-LOG 1 "2026-01-31" "beamd 1.2.3" "beamd manual"',
    '.nh',
    '.ad l',
    '.SH NAME',
    'beamd-agent-log \\- Show the log',
    '.SH "SYNOPSIS"',
    '\\fBbeamd agent log\\fR [\\fIWHICH\\fR] [\\fIFLAGS\\fR]',
    '.SH "DESCRIPTION"',
    'With \\fB\\-n\\fR only its end: see the log.',
    '.SH "OTHER NAMES"',
    '\\fBbeamd logs\\fR',
    '.SH "ARGUMENTS"',
    '.TP',
    '\\fIWHICH\\fR',
    'Which log',
    '.SH "OPTIONS"',
    '.TP',
    '\\fB\\-n\\fR, \\fB\\-\\-lines\\fR \\fIN\\fR',
    'How many [default: 100]',
    '.TP',
    '\\fB\\-\\-[no\\-]colour\\fR',
    'Be bright',
    '.SH "EXAMPLES"',
    '.nf',
    'beamd agent log \\-n 3',
    'curl \\-H \\(aqa: "$(beamd token)"\\(aq',
    '.fi',
    '.SH "SEE ALSO"',
    '.BR beamd (1) ,',
    '.BR beamd\\-agent (1)',
    '',
  ]);
});

test('no text is taken for a command of the page', () => {
  const page = pageOf(command('beamd:a', { summary: 'A', description: ".so b\n'so c\nd \\fBe … `\\*f`" }), 'beamd-a.1');
  expect(page?.split('\n').slice(6, 10)).toEqual([
    '\\fBbeamd a\\fR [\\fIFLAGS\\fR]',
    '.SH "DESCRIPTION"',
    "\\&.so b \\&'so c d \\efBe \\[u2026] \\fB\\e*f\\fR",
    '.SH "OPTIONS"',
  ]);
  expect(page?.split('\n')[0]).toBe('.TH BEAMD-A 1 "" "beamd 1.2.3" "beamd manual"');
});

test('there is a page for each bin, topic and command that is shown, and each of them was built', () => {
  const shown = Object.values(writtenManifest().commands).filter(({ hidden }) => !hidden);
  const commands = shown.map(({ id }) => `${id.replaceAll(':', '-')}.1`);
  const kinds = ['gateways', 'services', 'endpoints', 'backends', 'pipelines', 'transforms', 'changes'];
  const runbeamTopics = ['config', 'harmony', 'token', ...kinds].map((topic) => `runbeam-${topic}.1`);
  const topics = ['agent', 'credential', 'pin', 'setup'].map((topic) => `beamd-${topic}.1`).concat(runbeamTopics);
  expect([...pages.keys()].sort()).toEqual(['beamd.1', 'runbeam.1', ...topics, ...commands].sort());
  const folder = join(ROOT, 'dist/man');
  expect(readdirSync(folder).sort()).toEqual([...pages.keys()].sort());
  const built = readFileSync(join(folder, 'beamd-token.1'), 'utf8');
  expect(built.split('\n').slice(1)).toEqual(pages.get('beamd-token.1')?.split('\n').slice(1));
});

describe('the programs that show pages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'man-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What a program says of these pages. */
  function complaints(program: string, args: readonly string[], texts: ReadonlyMap<string, string>): string {
    const paths = [...texts].map(([name, text]) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    });
    const { stdout, stderr } = spawnSync(program, [...args, ...paths], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    return program === 'mandoc' ? stdout + stderr : stderr;
  }

  const BROKEN = new Map([['broken.1', `${pages.get('beamd.1') ?? ''}.TP\n\\fB\\[nope]\\fR\n.NOPE\n`]]);

  describe.each([
    { program: 'mandoc', args: ['-Tlint', '-W', 'warning'], from: 'mandoc' },
    { program: 'man', args: ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z'], from: 'man-db' },
  ])('$program', ({ program, args, from }) => {
    test.skipIf(missing(program, from))('has nothing to complain about', () => {
      expect(complaints(program, args, pages)).toBe('');
      expect(complaints(program, args, BROKEN)).not.toBe('');
    });
  });
});
