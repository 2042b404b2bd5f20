import { describe, expect, test } from 'vitest';
import { isAccountKey } from './account-key.ts';
import { accountFile, instanceFolder, isInstanceId, resolveHomes } from './paths.ts';
import { failure } from '../errors.testing.ts';

describe('resolveHomes', () => {
  test('uses the home folder', () => {
    expect(resolveHomes({ BEAMD_HOME: '' }, '/home/zoë m')).toEqual({
      user: '/home/zoë m',
      beamd: '/home/zoë m/.beamd',
      runbeam: '/home/zoë m/.runbeam',
    });
  });

  test('is overridden by absolute paths', () => {
    const env = { BEAMD_HOME: '/a/b/../c/', RUNBEAM_HOME: '/' };
    expect(resolveHomes(env, '/home/me')).toEqual({ user: '/home/me', beamd: '/a/c', runbeam: '/' });
  });

  test.each([
    ['BEAMD_HOME', 'beamd'],
    ['RUNBEAM_HOME', 'runbeam'],
  ] as const)('refuses a relative %s', async (name, folder) => {
    const expected = { code: 'bad_config', message: `${name} is not an absolute path` };
    expect(await failure(() => resolveHomes({ [name]: 'a/b' }, '/home/me')[folder])).toMatchObject(expected);
  });

  test.each([
    ['', 'There is no home folder: HOME is not set'],
    ['a/b', 'HOME is not an absolute path'],
  ])('refuses the home folder %j, where it is needed: it would be one of the working folder', async (home, message) => {
    const expected = { code: 'bad_config', message };
    expect(await failure(() => resolveHomes({}, home).beamd)).toMatchObject(expected);
    expect(await failure(() => resolveHomes({ BEAMD_HOME: '/b' }, home).runbeam)).toMatchObject(expected);
    expect(resolveHomes({ BEAMD_HOME: '/b' }, home).beamd).toBe('/b');
    expect(resolveHomes({ BEAMD_HOME: '/b', RUNBEAM_HOME: '/r' }, home)).toEqual({ user: home, beamd: '/b', runbeam: '/r' });
  });
});

const homes = resolveHomes({}, '/h');

test('account keys name a file in the folder of accounts and nothing else', async () => {
  expect(accountFile(homes, '[--1]_4000')).toBe('/h/.beamd/accounts/[--1]_4000.yaml');
  for (const key of ['', '..', '../x', 'a/b', '.a', 'a_', 'a_0', 'A', 'a\n', 'a b', 'a'.repeat(300)]) {
    expect([key, isAccountKey(key)]).toEqual([key, false]);
    expect((await failure(() => accountFile(homes, key))).code).toBe('bad_server');
  }
});

test('instance ids name a folder of their own', async () => {
  expect(instanceFolder(homes, '1a2b3c4d')).toBe('/h/.runbeam/1a2b3c4d');
  for (const id of ['', '..', '../x', 'a/b', '.lock']) {
    expect((await failure(() => instanceFolder(homes, id))).code).toBe('not_found');
  }
});

test.each(['config.json', 'harmony.json', 'HARMONY.JSON', 'runbeam-cli', '.lock', 'auth.json'])(
  '%s is no id of an instance',
  async (id) => {
    expect(isInstanceId(id)).toBe(false);
    expect((await failure(() => instanceFolder(resolveHomes({}, '/home/a'), id))).code).toBe('not_found');
  },
);
