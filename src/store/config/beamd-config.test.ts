import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { readAppConfig } from './app-config.ts';
import { readGlobalConfig, updateGlobalConfig } from './beamd-config.ts';
import { configFile, type Homes, type StoreDeps } from '../paths.ts';
import { failure } from '../../errors.testing.ts';
import { tempFolder, tempHomes } from '../temp-home.testing.ts';

let homes: Homes;

beforeEach(() => {
  homes = tempHomes();
});

const deps = (): StoreDeps => ({ homes, clock: systemClock });

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
    await updateGlobalConfig(deps(), (config) => ({ ...config, current: 'edge.example.com' }));
    expect(readFileSync(configFile(homes), 'utf8')).toBe('# Written by beamd.\ncurrent: edge.example.com\n');
    expect(statSync(configFile(homes)).mode & 0o777).toBe(0o600);
    put('current: edge.example.com\nfuture: [1, "2"]\n');
    await updateGlobalConfig(deps(), () => ({ defaults: { a: '1' } }));
    expect(readFileSync(configFile(homes), 'utf8')).toBe('# Written by beamd.\ndefaults:\n  a: "1"\nfuture:\n  - 1\n  - "2"\n');
    expect(await readGlobalConfig(homes)).toEqual({ defaults: { a: '1' } });
    const set = (name: string): Promise<unknown> =>
      updateGlobalConfig(deps(), (config) => ({ ...config, defaults: { ...config.defaults, [name]: 'x' } }));
    await Promise.all(['b', 'c', 'd', 'e'].map(set));
    expect(await readGlobalConfig(homes)).toEqual({ defaults: { a: '1', b: 'x', c: 'x', d: 'x', e: 'x' } });
  });

  test('can become empty', async () => {
    put('current: a\n');
    await updateGlobalConfig(deps(), () => ({ defaults: {} }));
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
    expect(await failure(() => readGlobalConfig(homes))).toMatchObject(expected);
    expect(await failure(() => updateGlobalConfig(deps(), (config) => config))).toMatchObject(expected);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('a symlinked home is refused', async () => {
    symlinkSync(tempFolder(), homes.beamd);
    const expected = { code: 'unsafe_path', message: `${homes.beamd} is a symbolic link` };
    expect(await failure(() => readGlobalConfig(homes))).toMatchObject(expected);
    expect(await failure(() => updateGlobalConfig(deps(), (config) => config))).toMatchObject(expected);
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
    chmodSync(path, 0o600);
    const expected = { path, server: 'edge.example.com', insecureSkipVerify: false, warnings: [] };
    const { key, ...rest } = await readAppConfig(path);
    expect([rest, 'token' in key && key.token.reveal()]).toEqual([expected, 'abc']);
    const full = file('server: edge.example.com\ntoken: "12345"\nagent_socket: /run/a.sock\ninsecure_skip_verify: true\n');
    const link = join(tempFolder(), 'app.yaml');
    symlinkSync(full, link);
    chmodSync(full, 0o444);
    const { key: second, ...others } = await readAppConfig(link);
    expect([others, 'token' in second && second.token.reveal()]).toEqual([
      {
        path: link,
        server: 'edge.example.com',
        insecureSkipVerify: true,
        openTo: 0o444,
        warnings: [],
      },
      '12345',
    ]);
  });

  test('an agent takes the place of a token; its socket is looked for from the folder of the file', async () => {
    for (const [socket, at] of [
      ['/run/a.sock', () => '/run/a.sock'],
      ['agents/a.sock', (path: string) => join(path, '../agents/a.sock')],
    ] as const) {
      const path = file(`server: edge.example.com\nagent_socket: ${socket}\n`);
      // There is no secret in it: whoever may read it is not spoken of.
      chmodSync(path, 0o644);
      expect(await readAppConfig(path)).toEqual({
        path,
        server: 'edge.example.com',
        key: { agentSocket: at(path) },
        insecureSkipVerify: false,
        warnings: [],
      });
    }
  });

  test.each([
    ['token: abc', 'bad_config', ' lacks `server`'],
    ['server: x', 'bad_config', ' lacks `token`'],
    ['server: x\ntokn: hidden', 'bad_config', ' lacks `token`; it has `tokn` in line 2'],
    ['server: x\ntoken: 12345', 'bad_config', ' has a wrong `token`: put it in quotes'],
    ['server: x\ntoken: "a b"', 'bad_config', ' has a wrong `token`: it holds a space or a line break'],
    ['server: x\ntoken: t\ninsecure_skip_verify: maybe', 'bad_config', ' has a wrong `insecure_skip_verify`: true or false'],
    [
      'server: x\nagent_socket: /run/a.sock\ninsecure_skip_verify: true',
      'bad_config',
      ' has `insecure_skip_verify`, which goes with a `token` only, and not with `agent_socket`',
    ],
    ['server: x\nagent_socket: 5', 'bad_config', ' has a wrong `agent_socket`: put it in quotes'],
    ['server: x\ntoken: "hidden', 'bad_file', ':2 is not valid yaml'],
    ['', 'bad_config', ' lacks `token`'],
  ])('refuses %j', async (text, code, message) => {
    const path = file(text);
    expect(await failure(() => readAppConfig(path))).toMatchObject({ code, message: path + message });
  });

  test('names a file that is absent or a folder', async () => {
    const folder = tempFolder();
    expect(await failure(() => readAppConfig(join(folder, 'no.yaml')))).toMatchObject({
      code: 'bad_config',
      message: `There is no config file ${join(folder, 'no.yaml')}`,
    });
    expect(await failure(() => readAppConfig(folder))).toMatchObject({
      code: 'bad_file',
      message: `${folder} is a folder`,
    });
  });
});
