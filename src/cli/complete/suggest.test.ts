import { expect, test } from 'vitest';
import { EXIT_CODES } from '../../errors.ts';
import { commandsOf, ownManifest, type Bin } from '../routing/manifest.ts';
import { suggest, VALUES, type Suggestion } from './suggest.ts';

const manifest = ownManifest();

/** What is suggested where the line ends: kinds as they are, of items their values. */
function at(line: string): unknown {
  const [bin = '', ...words] = line.split(' ');
  const current = words.pop() ?? '';
  return shown(suggest(bin === 'runbeam' ? 'runbeam' : 'beamd', manifest, words, current));
}

function shown({ prefix, ...suggestion }: Suggestion): unknown {
  const before = prefix === '' ? {} : { prefix };
  if (suggestion.kind === 'files') return { ...before, kind: 'files' };
  if (suggestion.kind === 'names') return { ...before, of: suggestion.of };
  return { ...before, items: suggestion.items.map(({ value }) => value).sort() };
}

const nothing = { items: [] };

/** What may follow a bin: commands, their other names, and topics. */
function words(bin: Bin): string[] {
  const all = [...commandsOf(manifest, bin).values()].filter(({ hidden }) => !hidden);
  return [...new Set(all.flatMap(({ id, aliases }) => [id, ...aliases]).map((name) => name.replace(/:.*/, '')))];
}

/** Flags, with those that every command has. */
const flags = (...own: readonly string[]): unknown => ({ items: [...own, ...GLOBAL].sort() });
const GLOBAL = ['--debug', '--help', '--json', '--no-color', '--quiet', '--verbose'];

const HELP_OF_BEAMD = [...words('beamd'), 'environment', 'error', 'exit-codes', 'files'].sort();

test.each<[line: string, wanted: unknown]>([
  ['beamd agent ', { items: ['env', 'forward', 'lock', 'log', 'start', 'status', 'stop', 'top', 'unlock'] }],
  ['beamd help e', { items: HELP_OF_BEAMD }],
  ['beamd help agent ', { items: ['env', 'forward', 'lock', 'log', 'start', 'status', 'stop', 'top', 'unlock'] }],
  ['beamd help error ', { items: Object.keys(EXIT_CODES).sort() }],
  ['beamd help error usage ', nothing],
  ['beamd nope ', nothing],
  ['beamd agent nope ', nothing],
  ['beamd token ', nothing],
  ['beamd completion ', { items: ['bash', 'fish', 'zsh'] }],
  ['runbeam completion ', { items: ['bash', 'fish', 'zsh'] }],
  ['beamd switch ', { of: 'server' }],
  ['beamd switch a ', nothing],
  ['beamd switch --json ', { of: 'server' }],
  ['beamd default ', { of: 'org' }],
  ['beamd --server ', { of: 'server' }],
  ['beamd --server x token --scope ', { of: 'org' }],
  ['beamd token --account ', { of: 'account' }],
  ['beamd token --account=', { of: 'account', prefix: '--account=' }],
  ['beamd --config=', { kind: 'files', prefix: '--config=' }],
  ['beamd login --token-file ', { kind: 'files' }],
  ['beamd agent lock --passphrase-file ', { kind: 'files' }],
  ['beamd login --storage ', { items: ['age', 'auto', 'keyring'] }],
  ['beamd login --token ', nothing],
  ['beamd login --client-id ', nothing],
  ['beamd exec -- ', { kind: 'files' }],
  ['beamd scopes --s', flags('--account', '--config', '--no-pager', '--refresh', '--scope', '--server')],
  [
    'beamd status --check --json --scope x -q -',
    { items: ['--account', '--config', '--debug', '--help', '--no-color', '--server', '--verbose'] },
  ],
  ['beamd -', flags('--account', '--config', '--licenses', '--scope', '--server', '--version')],
  ['beamd --scope x -', flags('--account', '--config', '--server')],
  ['runbeam -', flags('--config', '--licenses', '--version')],
  [
    'runbeam login --no-browser --',
    flags(
      '--ca',
      '--ca-file',
      '--copy',
      '--insecure-storage',
      '--no-ca',
      '--no-qr',
      '--no-wait',
      '--qr',
      '--replace',
      '--resume',
      '--storage',
      '--token',
      '--token-file',
    ),
  ],
  ['runbeam harmony:info -l ', { of: 'label' }],
  ['runbeam harmony:info --label=x', { of: 'label', prefix: '--label=' }],
  ['runbeam harmony:info --id ', { of: 'id' }],
  ['runbeam token:get -g ', { of: 'gateway' }],
  ['runbeam harmony:add -i ', nothing],
  ['runbeam config:get ', { items: ['api_url'] }],
  ['runbeam config:set api_url ', nothing],
  ['runbeam nope ', nothing],
  ['runbeam harmony:nope ', nothing],
])('%s', (line, wanted) => {
  expect(at(line)).toEqual(wanted);
});

test.each<Bin>(['beamd', 'runbeam'])('%s by itself: every command that is shown, under all its names, and every topic', (bin) => {
  const commands = [...commandsOf(manifest, bin).values()].filter(({ hidden }) => !hidden);
  const names = commands.flatMap(({ id, aliases }) => [id, ...aliases]);
  const first = bin === 'beamd' ? names.map((name) => name.split(':')[0] ?? '') : names;
  expect(at(`${bin} `)).toEqual({ items: [...new Set([...first, 'help'])].sort() });
  const { items } = suggest(bin, manifest, [], '') as Extract<Suggestion, { kind: 'items' }>;
  expect(items.filter(({ about }) => about === '')).toEqual([]);
});

test('what was given before the cursor is known, also before the command', () => {
  const words = ['--server', 'a.example', 'token', '--account=b', '--json'];
  expect(suggest('beamd', manifest, words, '--scope=').given).toEqual({ server: 'a.example', account: 'b' });
});

/** What people make up: nothing on disk is offered for it. */
const FREE: Readonly<Record<Bin, readonly string[]>> = {
  beamd: ['-', 'GROUP', 'NAME:PID', 'ID', 'KEY=VALUE', 'N', 'SECONDS', 'SPAN', 'TIME', 'TOKEN|-', 'URL', 'host'],
  runbeam: [
    ...['IMAGE', 'IP', 'KEY', 'N', 'NAME', 'NEW', 'PATTERNS', 'PORT', 'PREFIX', 'SPAN', 'TARGET', 'TEXT', 'TOKEN|-', 'WHERE'],
    ...['address', 'filter', 'id', 'mesh', 'reference', 'url', 'value'],
  ],
};

test.each<Bin>(['beamd', 'runbeam'])('every value of %s is either one that is known or one that people make up', (bin) => {
  const words = [...commandsOf(manifest, bin).values()].flatMap(({ args, flags }) => [
    ...Object.values(args).flatMap(({ name, options }) => (options === undefined ? [name] : [])),
    ...Object.values(flags).flatMap((flag) =>
      flag.type === 'option' && flag.options === undefined ? [String(flag.helpValue)] : [],
    ),
  ]);
  expect([...new Set(words)].sort()).toEqual([...Object.keys(VALUES[bin]), ...FREE[bin]].sort());
});
