/** The file for a node exporter, read as strictly as its collector does: one bad line, and it refuses the whole file. */
import { expect, it } from 'vitest';
import { prometheusText } from './prometheus.ts';
import { tokenRow } from './reports.testing.ts';

const NOW = Date.parse('2026-11-01T12:00:00Z');
const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*"`;
const LINE = new RegExp(String.raw`^(?:# (?:HELP|TYPE) ${NAME} .+|(${NAME})(?:\{((?:${LABEL})(?:,${LABEL})*)\})? \d+)$`);

it('names each series once, escapes what would end a label, and counts what it does not list', () => {
  const hostile = { id: 'ffffffff', ip: '::1', port: 1, label: 'a"b\\c\nd{} 1', pathPrefix: 'admin' };
  const text = prometheusText(
    [
      tokenRow({}),
      tokenRow({ expiresAt: '2026-11-10T00:00:00Z' }),
      tokenRow({ standing: 'replaced' }),
      tokenRow({ instance: hostile, expiresAt: undefined }),
    ],
    NOW,
  );
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.slice(0, -1).split('\n');
  expect(lines.filter((line) => !LINE.test(line))).toEqual([]);
  const series = lines.flatMap((line) => (line.startsWith('#') ? [] : [line.slice(0, line.lastIndexOf(' '))]));
  expect(new Set(series).size).toBe(series.length);
  const of = 'gateway_code="1a2b3c4d",label="gate",cloud="https://cloud.example",standing="live"';
  // The later end of two that have the same labels.
  expect(lines).toContain(`runbeam_machine_token_expires_timestamp_seconds{${of}} ${Date.parse('2026-11-10T00:00:00Z') / 1000}`);
  expect(text).toContain(String.raw`label="a\"b\\c\nd{} 1"`);
  expect(lines).toContain('runbeam_machine_tokens{standing="live"} 3');
  expect(lines).toContain('runbeam_machine_tokens{standing="replaced"} 1');
  expect(lines.at(-1)).toBe(`runbeam_machine_tokens_read_timestamp_seconds ${NOW / 1000}`);
});
