import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readAppConfig } from './app-config.ts';
import { readGlobalConfig, updateGlobalConfig } from './beamd-config.ts';
import { configFile, type Homes } from '../paths.ts';
import { failureOf, tempFolder, tempHomes } from '../temp-home.testing.ts';

let homes: Homes;

beforeEach(() => {
  homes = tempHomes();
});

function put(text: string): string {
  mkdirSync(homes.beamd, { mode: 0o700, recursive: true });
  writeFileSync(configFile(homes), text, { mode: 0o600 });
  return configFile(homes);
}

describe('the global configuration', () => {
  test('is empty where there is none, and reading makes nothing', async () => {
    expect(await readGlobalConfig(homes)).toEqual({ defaults: {} });
    expect(existsSync(homes.beamd)).toBe(false);
  });

  test('is changed under its lock, keeping what is not known', async () => {
    await updateGlobalConfig(homes, (config) => ({ ...config, current: 'edge.example.com' }));
    expect(readFileSync(configFile(homes), 'utf8')).toBe('# Written by beamd.\ncurrent: edge.example.com\n');
    expect(statSync(configFile(homes)).mode & 0o777).toBe(0o600);
    put('current: edge.example.com\nfuture: [1, "2"]\n');
    await updateGlobalConfig(homes, () => ({ defaults: { a: '1' } }));
    expect(readFileSync(configFile(homes), 'utf8')).toBe('# Written by beamd.\ndefaults:\n  a: "1"\nfuture:\n  - 1\n  - "2"\n');
    expect(await readGlobalConfig(homes)).toEqual({ defaults: { a: '1' } });
    const set = (name: string): Promise<unknown> =>
      updateGlobalConfig(homes, (config) => ({ ...config, defaults: { ...config.defaults, [name]: 'x' } }));
    await Promise.all(['b', 'c', 'd', 'e'].map(set));
    expect(await readGlobalConfig(homes)).toEqual({ defaults: { a: '1', b: 'x', c: 'x', d: 'x', e: 'x' } });
  });

  test('can become empty', async () => {
    put('current: a\n');
    await updateGlobalConfig(homes, () => ({ defaults: {} }));
    expect(await readGlobalConfig(homes)).toEqual({ defaults: {} });
  });

  test.each([
    ['current: [a]', 'bad_config', ' has a wrong `current`'],
    ['defaults: text', 'bad_config', ' has a wrong `defaults`'],
    ['defaults: {a: 1}', 'bad_config', ' has a wrong `defaults.a`'],
    ['current: "', 'bad_file', ':1 is not valid yaml'],
  ])('%j is refused and not overwritten', async (text, code, message) => {
    const path = put(text);
    const expected = { code, message: path + message };
    expect(await failureOf(readGlobalConfig(homes))).toEqual(expected);
    expect(await failureOf(updateGlobalConfig(homes, (config) => config))).toEqual(expected);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('a symlinked home is refused', async () => {
    symlinkSync(tempFolder(), homes.beamd);
    const expected = { code: 'unsafe_path', message: `${homes.beamd} is a symbolic link` };
    expect(await failureOf(readGlobalConfig(homes))).toEqual(expected);
    expect(await failureOf(updateGlobalConfig(homes, (config) => config))).toEqual(expected);
  });
});

describe('readAppConfig', () => {
  const file = (text: string): string => {
    const path = join(tempFolder(), 'app.yaml');
    writeFileSync(path, text);
    return path;
  };

  test('reads a flat file, a full one, and one behind a link', async () => {
    const path = file('server: edge.example.com\ntoken: abc\n');
    const expected = { path, server: 'edge.example.com', insecureSkipVerify: false };
    const { token, ...rest } = await readAppConfig(path);
    expect([rest, token.reveal()]).toEqual([expected, 'abc']);
    const full = file('server: edge.example.com\ntoken: "12345"\nagent_socket: /run/a.sock\ninsecure_skip_verify: true\n');
    const link = join(tempFolder(), 'app.yaml');
    symlinkSync(full, link);
    chmodSync(full, 0o444);
    const { token: second, ...others } = await readAppConfig(link);
    expect([others, second.reveal()]).toEqual([
      { path: link, server: 'edge.example.com', agentSocket: '/run/a.sock', insecureSkipVerify: true },
      '12345',
    ]);
  });

  test.each([
    ['token: abc', 'bad_config', ' lacks `server`'],
    ['server: x', 'bad_config', ' lacks `token`'],
    ['server: x\ntoken: 12345', 'bad_config', ' has a wrong `token`: put it in quotes'],
    ['server: x\ntoken: "a b"', 'bad_config', ' has a wrong `token`: it holds a space or a line break'],
    ['server: x\ntoken: t\ninsecure_skip_verify: maybe', 'bad_config', ' has a wrong `insecure_skip_verify`: true or false'],
    ['server: x\ntoken: "hidden', 'bad_file', ':2 is not valid yaml'],
    ['', 'bad_config', ' lacks `token`'],
  ])('refuses %j', async (text, code, message) => {
    const path = file(text);
    expect(await failureOf(readAppConfig(path))).toEqual({ code, message: path + message });
  });

  test('names a file that is absent or a folder', async () => {
    const folder = tempFolder();
    expect(await failureOf(readAppConfig(join(folder, 'no.yaml')))).toEqual({
      code: 'bad_config',
      message: `There is no config file ${join(folder, 'no.yaml')}`,
    });
    expect(await failureOf(readAppConfig(folder))).toEqual({
      code: 'bad_file',
      message: `${folder} is not a regular file`,
    });
  });
});
