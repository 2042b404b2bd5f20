import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable, printableJson, shellWord } from './text.ts';

const MARKS = [0x1b, 0x7f, 0x9b, 0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x200b, 0x200f, 0x2028, 0x202e, 0x2066, 0x206f, 0x3164];
const ALSO = [0xd800, 0xe000, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xe0001, 0xe0041, 0xe0100, 0xf0000];
const HIDDEN = [...MARKS, ...ALSO].map((point) => String.fromCodePoint(point));
const bad = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
const any = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...HIDDEN, 'a', '\n', '\t')).map((all) => all.join('')),
);

describe('printable', () => {
  test.each(HIDDEN.map((mark) => [mark.codePointAt(0)?.toString(16), mark] as const))('drops U+%s', (_, mark) => {
    expect(printable(`a${mark}b`)).toBe('ab');
  });

  test('leaves what people write', () => {
    for (const text of ['Ünïcødé', '日本語', 'شركة', 'a\u0301', '👍']) expect(printable(text)).toBe(text);
  });

  test('gives one clean line of at most its length, for any text', () => {
    fc.assert(
      fc.property(any, fc.integer({ min: 2, max: 50 }), (text, max) => {
        const shown = printable(text, max);
        expect(shown.length).toBeLessThanOrEqual(max);
        expect(shown).not.toMatch(bad);
      }),
      { numRuns: 2_000 },
    );
  });
});

test('printableJson: the same value, and nothing but layout that a terminal would act on', () => {
  const value = fc.oneof(any, fc.dictionary(any, any), fc.array(any));
  fc.assert(
    fc.property(value, (one) => {
      const text = printableJson(JSON.stringify(one, null, 2));
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(one)));
      expect(text.replaceAll('\n', '')).not.toMatch(bad);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['/a/b.c', '/a/b.c'],
  ['/tmp/a b', "'/tmp/a b'"],
  ["it's; rm -rf ~", "'it'\\''s; rm -rf ~'"],
  ['$(x)\u202e', "'$(x)'"],
])('%j is one word of a shell', (text, word) => {
  expect(shellWord(text)).toBe(word);
});
