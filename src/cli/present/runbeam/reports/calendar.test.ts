/** The calendar, read as strictly as RFC 5545 is written: its lines, how they are folded, and what each component must have. */
import { describe, expect, it } from 'vitest';
import type { TokenRow } from '../../../../runbeam/token-standing.ts';
import { calendarText } from './calendar.ts';
import { tokenRow } from './reports.testing.ts';

const NOW = Date.parse('2026-11-01T12:00:00.500Z');

interface Component {
  readonly name: string;
  readonly properties: readonly (readonly [string, string])[];
  readonly components: readonly Component[];
}

/** The lines of the text, unfolded. Fails for what no strict reader takes. */
function contentLines(text: string): string[] {
  expect(text.endsWith('\r\n')).toBe(true);
  const physical = text.slice(0, -2).split('\r\n');
  for (const line of physical) {
    expect([line, Buffer.byteLength(line) <= 75]).toEqual([line, true]);
    // No end of line but CRLF, no control character, no half of a character.
    expect(line).toMatch(/^[^\p{Cc}\p{Cs}]+$/u);
  }
  const lines = text.slice(0, -2).replaceAll('\r\n ', '').split('\r\n');
  for (const line of lines) expect(line).toMatch(/^[A-Z][A-Z-]*:/);
  return lines;
}

function parse(lines: string[]): Component {
  const name = /^BEGIN:(.+)$/.exec(lines.shift() ?? '')?.[1] ?? expect.fail('no component');
  const properties: [string, string][] = [];
  const components: Component[] = [];
  for (;;) {
    const line = lines[0] ?? expect.fail(`${name} does not end`);
    if (line.startsWith('BEGIN:')) components.push(parse(lines));
    else {
      lines.shift();
      if (line === `END:${name}`) return { name, properties, components };
      properties.push([line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
    }
  }
}

function calendar(rows: readonly TokenRow[], now = NOW): Component {
  const lines = contentLines(calendarText(rows, now));
  const parsed = parse(lines);
  expect([parsed.name, lines]).toEqual(['VCALENDAR', []]);
  expect(parsed.components).not.toEqual([]);
  return parsed;
}

/** Of a text; fails for a sign that should have been escaped. */
function unescaped(value: string): string {
  expect(value).toMatch(/^(?:[^\\;,]|\\[\\;,n])*$/);
  return value.replaceAll(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));
}

const valueOf = ({ properties }: Component, wanted: string): string => {
  const values = properties.filter(([name]) => name === wanted).map(([, value]) => value);
  expect([wanted, values.length]).toEqual([wanted, 1]);
  return values[0] ?? '';
};

describe('a calendar', () => {
  it('has an event for each end, and an alarm five days before it', () => {
    const { properties, components } = calendar([tokenRow({}), tokenRow({ standing: 'replaced' })]);
    expect(properties).toEqual([
      ['VERSION', '2.0'],
      ['PRODID', '-//beamd//runbeam machine tokens//EN'],
      ['CALSCALE', 'GREGORIAN'],
      ['X-WR-CALNAME', 'Machine tokens'],
    ]);
    expect(components).toEqual([
      {
        name: 'VEVENT',
        properties: [
          ['UID', expect.stringMatching(/^[0-9a-f]{32}@runbeam\.invalid$/)],
          ['DTSTAMP', '20261101T120000Z'],
          ['DTSTART', '20261109T000000Z'],
          ['SUMMARY', 'Machine token of gate ends'],
          ['DESCRIPTION', String.raw`Gateway 1a2b3c4d at https://cloud.example\nRun: runbeam harmony:renew gate`],
          ['TRANSP', 'TRANSPARENT'],
        ],
        components: [
          {
            name: 'VALARM',
            properties: [
              ['ACTION', 'DISPLAY'],
              ['DESCRIPTION', 'Machine token of gate ends'],
              ['TRIGGER', '-P5D'],
            ],
            components: [],
          },
        ],
      },
    ]);
  });

  it('keeps the UID of a token over runs and over what becomes of it; each token has its own', () => {
    const uids = (rows: readonly TokenRow[], now: number): string[] =>
      calendar(rows, now).components.map((event) => valueOf(event, 'UID'));
    const rows = [tokenRow({}), tokenRow({ expiresAt: '2026-11-10T00:00:00Z' }), tokenRow({ gatewayCode: 'ffffffff' })];
    const first = uids(rows, NOW);
    expect(new Set(first).size).toBe(3);
    expect(uids(rows, NOW + 86_400_000)).toEqual(first);
    expect(uids([tokenRow({ standing: 'expired' })], NOW)).toEqual(first.slice(0, 1));
    // The same twice is one event.
    expect(uids([tokenRow({}), tokenRow({})], NOW)).toEqual(first.slice(0, 1));
  });

  it('escapes what means something in a calendar, and folds between characters', () => {
    const label = `a;b,c\\d"e:${'é'.repeat(15)}${'😀'.repeat(10)}\r\nEND:VEVENT`;
    const shown = label.replace('\r\n', '');
    const row = tokenRow({ instance: { id: '1a2b3c4d', ip: '::1', port: 1, label, pathPrefix: 'admin' } });
    const [event] = calendar([row]).components;
    expect(unescaped(valueOf(event ?? expect.fail(), 'SUMMARY'))).toBe(`Machine token of ${shown} ends`);
    const [, command] = unescaped(valueOf(event ?? expect.fail(), 'DESCRIPTION')).split('\n');
    expect(command).toBe(`Run: runbeam harmony:renew '${shown}'`);
  });

  it('names no command and rings no alarm where nothing can be done, and says nothing of an end that is not known', () => {
    const { components } = calendar([
      tokenRow({ standing: 'lost' }),
      tokenRow({ standing: 'perhaps_issued', issuedAt: undefined }),
      tokenRow({ givenOut: true, expiresAt: '2026-11-20T00:00:00Z' }),
      tokenRow({ standing: 'undelivered', expiresAt: undefined }),
      tokenRow({ expiresAt: 'never' }),
    ]);
    expect(components.map((event) => [valueOf(event, 'SUMMARY'), event.components])).toEqual([
      ['Machine token of gate ends (lost)', []],
      ['Machine token of gate ends (perhaps issued)', []],
      ['Machine token of gate ends (given out)', []],
    ]);
    expect(components.map((event) => valueOf(event, 'DESCRIPTION'))).toEqual(
      Array.from({ length: 3 }, () => 'Gateway 1a2b3c4d at https://cloud.example'),
    );
  });

  it('has a component without a token, too', () => {
    expect(calendar([]).components.map(({ name }) => name)).toEqual(['VTIMEZONE']);
  });
});
