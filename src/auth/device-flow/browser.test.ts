import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemOf } from '../../platform/system.ts';
import { openBrowser } from './browser.ts';

const URL_ = 'https://edge.example.com/device?user_code=A-B&x=$(touch%20x);y';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'beamd browser '));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A program that writes down its arguments and its environment, then shows that it is done. */
function program(name: string): string {
  const path = join(folder, name);
  const script = `#!${process.execPath}
const fs = require('node:fs');
const out = ${JSON.stringify(folder)};
const told = { args: process.argv.slice(2), env: Object.keys(process.env).sort() };
fs.writeFileSync(out + '/told.tmp', JSON.stringify(told));
fs.renameSync(out + '/told.tmp', out + '/told');
`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return path;
}

interface Told {
  readonly args: string[];
  readonly env: string[];
}

async function told(): Promise<Told> {
  const read = (): Told | undefined => {
    try {
      const { args, env } = JSON.parse(readFileSync(join(folder, 'told'), 'utf8')) as Told;
      return { args, env };
    } catch {
      return undefined;
    }
  };
  return new Promise((resolve) => {
    const watcher = watch(folder, () => check());
    const check = (): void => {
      const value = read();
      if (value === undefined) return;
      watcher.close();
      resolve(value);
    };
    check();
  });
}

describe('openBrowser', () => {
  test('one argument, no shell, no secrets', async () => {
    const env = {
      BEAMD_BROWSER: program('browser'),
      BROWSER: '/nonexistent',
      BEAMD_TOKEN: 'x',
      RUNBEAM_ENCRYPTION_KEY: 'x',
      RUNBEAM_JWT_SECRET: 'x',
      KEEP: '1',
    };
    expect(await openBrowser(URL_, env)).toBe(true);
    const { args, env: names } = await told();
    expect(args).toEqual([URL_]);
    // macOS adds names of its own.
    expect(names.filter((name) => name in env)).toEqual(['BEAMD_BROWSER', 'BROWSER', 'KEEP']);
  });

  test('arguments of the command, and a place for the URL', async () => {
    const link = join(tmpdir(), `beamd-browser-${process.pid}`);
    mkdirSync(link);
    try {
      const node = process.execPath;
      const file = program('main.cjs');
      const short = join(link, 'main.cjs');
      writeFileSync(short, readFileSync(file));
      expect(await openBrowser(URL_, { BROWSER: `${node} ${short} --new-window --url=%s last` })).toBe(true);
      expect(await told()).toMatchObject({ args: ['--new-window', `--url=${URL_}`, 'last'] });
    } finally {
      rmSync(link, { recursive: true });
    }
  });

  test.each([
    ['nothing to open with', {}],
    ['none', { BEAMD_BROWSER: 'none', BROWSER: 'true' }],
    ['empty', { BEAMD_BROWSER: ' ', DISPLAY: ':0' }],
    ['a program that is not there', { BROWSER: '/nonexistent/browser' }],
    ['no xdg-open', { DISPLAY: ':0', PATH: '/nonexistent' }],
  ])('%s', async (_, env) => {
    expect(await openBrowser(URL_, env, systemOf('linux'))).toBe(false);
  });

  test.each([
    'http://edge.example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://u:p@edge.example.com/',
    '--version',
    '',
  ])('%s is not opened', async (url) => {
    expect(await openBrowser(url, { BROWSER: 'true' })).toBe(false);
  });

  test('http on loopback is opened', async () => {
    expect(await openBrowser('http://127.0.0.1:4000/device', { BROWSER: program('browser') })).toBe(true);
    expect(await told()).toMatchObject({ args: ['http://127.0.0.1:4000/device'] });
  });
});
