import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accountFlags } from '../command/flags.ts';
import {
  LEADING_VALUE_FLAGS,
  readTelling,
  routeArgv,
  splitArgv,
  USUAL,
  wantsHelp,
  wantsJson,
  wantsVersion,
  type Telling,
} from './argv.ts';

const IDS = new Set(['login', 'whoami', 'exec', 'agent:start', 'agent:log', 'default']);
const route = (line: string): unknown => routeArgv(line.split(' ').filter(Boolean), (id) => IDS.has(id));

test.each([
  ['', { argv: [], words: [] }],
  ['whoami', { id: 'whoami', argv: [], words: ['whoami'] }],
  ['--config app.yaml whoami --json', { id: 'whoami', argv: ['--config', 'app.yaml', '--json'], words: ['whoami'] }],
  ['--config=app.yaml --json whoami', { id: 'whoami', argv: ['--config=app.yaml', '--json'], words: ['whoami'] }],
  ['--config app.yaml', { argv: ['--config', 'app.yaml'], words: [] }],
  ['agent start --json', { id: 'agent:start', argv: ['--json'], words: ['agent', 'start'] }],
  ['agent:start', { id: 'agent:start', argv: [], words: ['agent:start'] }],
  ['agent', { argv: ['agent'], words: ['agent'] }],
  ['default acme', { id: 'default', argv: ['acme'], words: ['default', 'acme'] }],
  ['--scope acme exec -- make --json', { id: 'exec', argv: ['--scope', 'acme', '--', 'make', '--json'], words: ['exec'] }],
  ['logn', { argv: ['logn'], words: ['logn'] }],
  ['agent:start x', { id: 'agent:start', argv: ['x'], words: ['agent:start', 'x'] }],
  ['agent --json start x', { id: 'agent:start', argv: ['--json', 'x'], words: ['agent'] }],
  ['agent --server start log', { id: 'agent:log', argv: ['--server', 'start'], words: ['agent'] }],
  ['agent -- start', { argv: ['agent', '--', 'start'], words: ['agent'] }],
])('beamd %s', (line, wanted) => {
  expect(route(line)).toEqual(wanted);
});

test('what follows -- is not ours', () => {
  expect(wantsJson(['exec', '--', 'x', '--json'])).toBe(false);
  expect(wantsJson(['exec', '--json', '--', 'x'])).toBe(true);
  expect(wantsHelp(['exec', '--', 'x', '-h'])).toBe(false);
  expect(wantsHelp(['login', '-h'])).toBe(true);
});

test('splitting loses no word', () => {
  const word = fc.oneof(fc.constantFrom('--config', '--server', '--json', '--', '-h', 'login', '--scope=a'), fc.string());
  fc.assert(
    fc.property(fc.array(word), (argv) => {
      const { leading, rest } = splitArgv(argv);
      expect([...leading, ...rest]).toEqual(argv);
    }),
  );
});

test('the flags that may stand before a command with their value are those of every account command', () => {
  expect([...LEADING_VALUE_FLAGS]).toEqual(Object.keys(accountFlags).map((name) => `--${name}`));
});

const asked = (asks: Partial<Telling>): Telling => ({ ...USUAL, ...asks });

test.each<[string, string, Partial<Telling>]>([
  ['whoami', 'whoami', {}],
  ['-v whoami', '-v whoami', { steps: true }],
  ['whoami --verbose', 'whoami --verbose', { steps: true }],
  ['-q token:get -g my-gateway', '-q token:get -g my-gateway', { quiet: true }],
  ['token:get --quiet -g x -vvv', 'token:get --quiet -g x --verbose', { quiet: true, frames: true }],
  ['harmony:info -vv -v -l x --verbose', 'harmony:info --verbose -l x', { steps: true, frames: true }],
  ['--debug whoami --debug', '--debug whoami', { frames: true }],
  ['--no-color whoami -q --quiet', '--no-color whoami -q', { colour: false, quiet: true }],
  ['harmony:add -l=-v', 'harmony:add -l=-v', {}],
  ['exec -v -- make -q --debug -vv', 'exec -v -- make -q --debug -vv', { steps: true }],
  ['-v', '-v', {}],
  ['-V -q', '-V -q', {}],
])('what %s asks to be told', (line, left, asks) => {
  expect(readTelling(line.split(' '))).toEqual({ argv: left.split(' '), telling: asked(asks) });
});

test('no word that is not about telling is lost, moved or changed', () => {
  const words = ['-q', '-v', '-vv', '-vvv', '--verbose', '--debug', '--no-color', '--', 'whoami', '--json', '--scope=a', '-x'];
  const others = (argv: readonly string[]): string[] => {
    const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
    return argv.filter((word, index) => index >= end || !/^(?:-q|-v+|--quiet|--verbose|--debug|--no-color)$/.test(word));
  };
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...words), fc.string())), (argv) => {
      const read = readTelling(argv);
      expect(others(read.argv)).toEqual(others(argv));
      expect(readTelling(read.argv).argv).toEqual(read.argv);
    }),
  );
});

test('-V and --version ask for the version before a command, and a lone -v', () => {
  const lines = ['-V', '--version', '-v', '--no-color -V', '-q', '-v -q', 'whoami -V', '-v whoami', ''];
  expect(lines.filter((line) => wantsVersion(line.split(' ')))).toEqual(['-V', '--version', '-v', '--no-color -V']);
});
