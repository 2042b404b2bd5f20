import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accountFlags } from '../command/flags.ts';
import { LEADING_VALUE_FLAGS, routeArgv, splitArgv, takeVerbosity, wantsHelp, wantsJson, wantsVersion } from './argv.ts';

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

test.each([
  ['-v harmony:list', 'harmony:list', 'requests'],
  ['harmony:list --verbose', 'harmony:list', 'requests'],
  ['-q token:get -g my-gateway', 'token:get -g my-gateway', 'quiet'],
  ['token:get --quiet -g x -vvv', 'token:get -g x', 'quiet'],
  ['harmony:info -vv -v -l x', 'harmony:info -l x', 'frames'],
  ['harmony:add -l=-v', 'harmony:add -l=-v', 'usual'],
  ['verify -- -v', 'verify -- -v', 'usual'],
  ['-v', '-v', 'usual'],
  ['-V', '-V', 'usual'],
])('runbeam %s', (line, left, verbosity) => {
  expect(takeVerbosity(line.split(' '))).toEqual({ argv: left.split(' '), verbosity });
});

test('-V, --version and a lone -v ask for the version', () => {
  expect(['-V', '--version', '-v', '-q'].map((word) => wantsVersion([word]))).toEqual([true, true, true, false]);
});
