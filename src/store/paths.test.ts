import { describe, expect, test } from 'vitest';
import { isAccountKey } from './account-key.ts';
import { accountFile, instanceFolder, resolveHomes } from './paths.ts';
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

  test.each(['BEAMD_HOME', 'RUNBEAM_HOME'])('refuses a relative %s', async (name) => {
    const expected = { code: 'bad_config', message: `${name} is not an absolute path` };
    expect(await failure(() => resolveHomes({ [name]: 'a/b' }, '/home/me'))).toMatchObject(expected);
  });

  test.each(['', 'a/b'])('refuses the home folder %j, which would be one of the working folder', async (home) => {
    const expected = { code: 'bad_config', message: 'HOME is not an absolute path' };
    expect(await failure(() => resolveHomes({}, home))).toMatchObject(expected);
    expect(await failure(() => resolveHomes({ BEAMD_HOME: '/b' }, home))).toMatchObject(expected);
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
