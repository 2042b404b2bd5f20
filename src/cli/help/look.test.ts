/** What is said of colours is what oclif's two libraries make of the same environment and terminal. */
import fc from 'fast-check';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { lookOf, mayHaveTheme } from './look.ts';

type Env = Readonly<Record<string, string>>;

/** The libraries as oclif has them: they decide once, when they are loaded. */
const fromOclif = createRequire(createRequire(import.meta.url).resolve('@oclif/core'));

function load(name: string): unknown {
  Reflect.deleteProperty(fromOclif.cache, fromOclif.resolve(name));
  return fromOclif(name);
}

/** Whether help has colours: oclif asks the one, and the other paints. */
function oclifPaints(env: Env, terminal: boolean): boolean {
  vi.stubGlobal('process', { ...process, env, argv: ['node', 'beamd'], platform: 'linux', stdout: { isTTY: terminal } });
  const supports = load('supports-color') as { supportsColor(stream: { isTTY: boolean }, options: { streamIsTTY: boolean }): unknown };
  const ansis = load('ansis') as { isSupported(): boolean };
  return Boolean(supports.supportsColor({ isTTY: terminal }, { streamIsTTY: terminal })) && ansis.isSupported();
}

afterEach(() => {
  vi.unstubAllGlobals();
});

const TERMS = ['xterm-256color', 'xterm', 'screen', 'tmux-256color', 'linux', 'vt100', 'rxvt', 'dumb', 'xterm-mono', 'foot', 'XTERM', ''];
const usual = fc.record(
  {
    TERM: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...TERMS) }, { weight: 1, arbitrary: fc.string({ maxLength: 6 }) }),
    NO_COLOR: fc.constantFrom('', '1', '0'),
    COLORTERM: fc.constantFrom('', 'truecolor', 'ansi', 'yes'),
    TERM_PROGRAM: fc.constantFrom('iTerm.app', 'Apple_Terminal', 'vscode', ''),
    TERM_PROGRAM_VERSION: fc.constantFrom('3.1', '2', ''),
  },
  { requiredKeys: [] },
);
const decisive = fc.record(
  {
    FORCE_COLOR: fc.constantFrom('', '0', '1', 'true', 'false'),
    CI: fc.constantFrom('', 'true', 'false'),
    GITHUB_ACTIONS: fc.constant('true'),
    TEAMCITY_VERSION: fc.constantFrom('9.1.0', '8'),
    TF_BUILD: fc.constant('True'),
  },
  { requiredKeys: [] },
);
const environments = fc.tuple(usual, fc.oneof(fc.constant({}), decisive)).map(([one, other]): Env => ({ ...one, ...other }));

it('has colours where oclif has them, or does not know', () => {
  const said = { plain: 0, coloured: 0 };
  fc.assert(
    fc.property(environments, fc.boolean(), (env, terminal) => {
      const look = lookOf(env, () => terminal);
      if (look === undefined) return;
      said[look] += 1;
      expect({ env, terminal, coloured: look === 'coloured' }).toEqual({ env, terminal, coloured: oclifPaints(env, terminal) });
    }),
    { numRuns: 2_000 },
  );
  expect(Math.min(said.plain, said.coloured)).toBeGreaterThan(20);
});

it.each<[Env, boolean, string | undefined]>([
  [{}, false, 'plain'],
  [{ CI: 'true', TERM: 'xterm' }, false, 'plain'],
  [{ TERM: 'xterm-256color' }, true, 'coloured'],
  [{ TERM: 'xterm-256color', COLORTERM: 'truecolor', TERM_PROGRAM: 'vscode' }, true, 'coloured'],
  [{ TERM: 'xterm-256color', NO_COLOR: '1' }, true, 'plain'],
  [{ TERM: 'dumb' }, true, 'plain'],
  [{ TERM: 'foot' }, true, undefined],
  [{ FORCE_COLOR: '0' }, false, undefined],
])('%j, a terminal: %j: %s', (env, terminal, look) => {
  expect(lookOf(env, () => terminal)).toBe(look);
});

it('leaves to oclif whoever may have a theme', () => {
  const home = mkdtempSync(join(tmpdir(), 'theme-'));
  const env = { HOME: home };
  expect([mayHaveTheme('beamd', env), mayHaveTheme('beamd', {}), mayHaveTheme('beamd', { ...env, BEAMD_CONFIG_DIR: home })]).toEqual([false, true, true]);
  for (const folder of [join(home, '.config', 'beamd'), join(home, 'elsewhere', 'runbeam')]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'theme.json'), '{}');
  }
  const elsewhere = { ...env, XDG_CONFIG_HOME: join(home, 'elsewhere') };
  expect([mayHaveTheme('beamd', env), mayHaveTheme('runbeam', env)]).toEqual([true, false]);
  expect([mayHaveTheme('beamd', elsewhere), mayHaveTheme('runbeam', elsewhere)]).toEqual([false, true]);
  rmSync(home, { recursive: true });
});
