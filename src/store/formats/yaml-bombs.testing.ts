/** 200 documents made to hurt whoever parses them: by depth, by expansion, by number, by names, by broken syntax. */

export interface Bomb {
  readonly name: string;
  readonly text: string;
}

/** What is read at most, bytes: a file larger than this is refused by its size alone. */
const FULL = 65_000;

const times = (text: string, count: number): string => text.repeat(Math.max(0, Math.floor(count)));
const fill = (text: string, size = FULL): string => times(text, size / text.length);
const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: Math.floor(count) }, (_, index) => line(index)).join('\n');

/** Brackets, dashes and indentation, alone and mixed, at depths on both sides of every limit. */
function deep(): Bomb[] {
  const openers: readonly (readonly [string, string])[] = [
    ['[', ']'],
    ['{a: ', '}'],
    ['[{a: ', '}]'],
    ['- ', ''],
    ['? ', ''],
    ['- ? ', ''],
    ['a: [', ']'],
    ['!!seq [', ']'],
    ['[\n', ']'],
    ['{"a":', '}'],
    ['[[],', ']'],
    ['["]",', ']'],
    ['{[', ']}'],
    ['[ #\n', ']'],
  ];
  const bombs = openers.flatMap(([open, close]) =>
    [33, 1_000, 5_000, 20_000].map((depth) => {
      const levels = Math.min(depth, FULL / (open.length + close.length));
      return { name: `${levels} x ${JSON.stringify(open)}`, text: times(open, levels) + times(close, levels) };
    }),
  );
  const indents = [1, 2, 3, 5].flatMap((step) =>
    ['k:', '- ', '- k:', '? k', '- - -'].map((key) => ({
      name: `${JSON.stringify(key)} ever deeper by ${step}`,
      text: lines(Math.min(350, Math.sqrt((2 * FULL) / step)), (depth) => times(' ', depth * step) + key),
    })),
  );
  return [...bombs, ...indents];
}

/** Anchors, aliases and merge keys. */
function expanding(): Bomb[] {
  const laughs = (levels: number, wide: number): string =>
    ['a0: &a0 [x]', ...Array.from({ length: levels }, (_, at) => `a${at + 1}: &a${at + 1} [${fill(`*a${at},`, wide * 5)}]`)].join(
      '\n',
    );
  return [
    ...[3, 10, 30].flatMap((levels) =>
      [2, 10, 100, 1_000].map((wide) => ({ name: `laughs ${levels} x ${wide}`, text: laughs(levels, wide) })),
    ),
    { name: 'an alias of itself', text: 'a: &a [*a]' },
    { name: 'a map of itself', text: 'a: &a {b: *a}' },
    { name: 'merge of itself', text: 'a: &a\n  <<: *a\n' },
    { name: 'merges', text: `a: &a {x: 1}\nb:\n${fill('  <<: *a\n')}` },
    { name: 'merge of many', text: `a: &a {x: 1}\nb:\n  <<: [${fill('*a,')}]` },
    { name: 'many anchors', text: lines(4_000, (at) => `k${at}: &a${at} x`) },
    { name: 'many aliases', text: `a: &a x\nb: [${fill('*a,')}]` },
    { name: 'unknown alias', text: 'a: *b' },
    { name: 'a long anchor', text: `a: &${fill('a')} x` },
    { name: 'an anchor on a key', text: '&a a: *a' },
  ];
}

/** Very many of something small. */
function numerous(): Bomb[] {
  const pieces = [
    'a:\n',
    '- a\n',
    '-\n',
    '[],',
    '{},',
    '"",',
    'a,',
    ',',
    ':',
    '? a\n',
    '# x\n',
    '\n',
    ' ',
    '\t',
    '---\n',
    '...\n',
    '%Y\n',
    '"',
    "'",
    '|\n',
    '>\n',
    '!a ',
    '!!a ',
    '&a ',
    '!<a> ',
    '\\',
    '@',
    '`',
    '\r',
    '\r\n',
    '\u2028',
    '\ufeff',
    '\0',
    ']',
    '}',
    '": ',
    '<<:\n',
    '? ',
    '- - ',
    '\\u0000',
  ];
  return [
    ...pieces.map((piece) => ({ name: `full of ${JSON.stringify(piece)}`, text: fill(piece) })),
    ...['[', '{'].flatMap((open) =>
      ['a,', '"a",', 'a: b,', '[],', ','].map((piece) => ({ name: `${open} full of ${piece}`, text: open + fill(piece) })),
    ),
    { name: 'many keys', text: lines(9_000, (at) => `k${at}:`) },
    { name: 'many keys in braces', text: `{${lines(9_000, (at) => `k${at}:,`)}}` },
    { name: 'one key many times', text: fill('a: 1\n') },
    { name: 'many quoted keys', text: lines(6_000, (at) => `"k${at}": 1`) },
    { name: 'many number keys', text: lines(9_000, (at) => `${at}:`) },
    { name: 'many map keys', text: lines(4_000, (at) => `? {a: ${at}}`) },
    { name: 'a long key', text: `${fill('k')}: 1` },
    { name: 'a long word', text: `a: ${fill('x')}` },
    { name: 'a long text', text: `a: |\n${fill(' line\n')}` },
    { name: 'a folded text', text: `a: >\n${fill(' line\n\n')}` },
    { name: 'a long quoted text', text: `a: "${fill('\\n')}"` },
    { name: 'a quoted text over lines', text: `a: "${fill('x\n\n')}"` },
    { name: 'a plain text over lines', text: `a: ${fill('x\n  ')}` },
    { name: 'a long number', text: `a: ${fill('9')}` },
    { name: 'a long float', text: `a: 0.${fill('9')}e${fill('9', 300)}` },
    { name: 'a huge exponent', text: 'a: 1e999999999' },
    { name: 'hex', text: `a: 0x${fill('f')}` },
    { name: 'a long tag', text: `a: !${fill('t')} x` },
    { name: 'a long comment', text: `# ${fill('#')}` },
    { name: 'escapes without an end', text: `a: "${fill('\\')}` },
    { name: 'surrogates', text: `a: "${fill('\ud800')}"` },
    { name: 'astral', text: `a: "${fill('👩‍👩‍👧')}"` },
  ];
}

/** Names and tags that mean something to a program. */
function names(): Bomb[] {
  const special = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'then', 'toJSON'];
  const tags = [
    '!!js/function',
    '!!js/undefined',
    '!!python/object/apply:os.system',
    '!!binary',
    '!!set',
    '!!omap',
    '!!timestamp',
    '!!map',
    '!!null',
    '!!float',
  ];
  return [
    ...special.flatMap((name) => [
      { name: `key ${name}`, text: `${name}: {polluted: yes}\nserver: x` },
      { name: `key ${name} below`, text: `server: {${name}: {${name}: {polluted: yes}}}` },
    ]),
    ...tags.map((tag) => ({ name: `tag ${tag}`, text: `server: ${tag} "x"` })),
    { name: 'a directive', text: '%TAG ! tag:evil.example,2000:\n---\nserver: !x y' },
    { name: 'another version', text: '%YAML 9.9\n---\nserver: x' },
    { name: 'version 1.1', text: '%YAML 1.1\n---\nserver: yes' },
    { name: 'two documents', text: 'server: a\n---\nserver: b' },
    { name: 'an end and more', text: 'server: a\n...\nserver: b' },
    { name: 'a null key', text: '? \n: x' },
    { name: 'a list key', text: '? [a]\n: x' },
    { name: 'only a mark', text: '\ufeff' },
    { name: 'utf-16', text: '\ufffe\0s\0e\0r' },
    { name: 'control characters', text: 'server: "\u0001\u001b[31m\u009b"' },
    { name: 'tabs for indentation', text: 'a:\n\tb:\n\t\tc: d' },
  ];
}

export function bombs(): Bomb[] {
  return [...deep(), ...expanding(), ...numerous(), ...names()];
}
