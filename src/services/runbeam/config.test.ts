import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BeamError } from '../../errors.ts';
import { failure } from '../../errors.testing.ts';
import { runbeamConfigFile } from '../../store/paths.ts';
import { getConfig, setConfig, unsetConfig } from './config.ts';
import { createTestContext, type TestContext } from '../services.testing.ts';

let context: TestContext;
beforeEach(() => {
  context = createTestContext({ env: { RUNBEAM_API_URL: 'https://env.example' } });
});
afterEach(() => context.close());

it('sets, gets and unsets, in both spellings of the key', async () => {
  expect(getConfig(context, {})).toEqual({ key: 'api_url', value: 'https://env.example', source: 'env' });
  const set = { key: 'api_url', value: 'https://cloud.example', source: 'config' };
  expect(await setConfig(context, { key: 'api-url', value: 'https://cloud.example/' })).toEqual(set);
  expect(context.notes).toEqual(['! RUNBEAM_API_URL is set to https://env.example and wins over it', 'unset RUNBEAM_API_URL']);
  expect(getConfig({ ...context, env: {} }, { key: 'api_url' })).toEqual(set);
  expect(await unsetConfig(context, { key: 'api_url' })).toEqual({ key: 'api_url', value: 'https://env.example', source: 'env' });
});

it('refuses other keys, and values that are no safe URL', async () => {
  const unknown = {
    code: 'usage',
    message: 'There is no setting named server; the settings are: api_url',
    hint: { command: 'runbeam config:get' },
  };
  expect(await failure(() => getConfig(context, { key: 'server' }))).toEqual(unknown);
  expect(await failure(() => setConfig(context, { key: 'server', value: 'x' }))).toEqual(unknown);
  expect(await failure(() => unsetConfig(context, { key: 'server' }))).toEqual(unknown);
  const meant = { ...unknown, message: 'There is no setting named api-ur; did you mean api_url?' };
  expect(await failure(() => setConfig(context, { key: 'api-ur', value: 'x' }))).toEqual(meant);
  expect((await failure(() => setConfig(context, { key: 'api_url', value: 'http://cloud.example' }))).code).toBe(
    'insecure_transport',
  );
  expect(getConfig(context, {}).source).toBe('env');
});

it('shows a value that is refused, and says why, but never a password', () => {
  const write = (value: string): void => {
    mkdirSync(context.homes.runbeam, { recursive: true, mode: 0o700 });
    writeFileSync(runbeamConfigFile(context.homes), JSON.stringify({ api_url: value }), { mode: 0o600 });
  };
  write('http://app.runbeam.io/api');
  expect(getConfig({ ...context, env: {} }, {})).toEqual({
    key: 'api_url',
    value: 'http://app.runbeam.io/api',
    source: 'config',
    refused: new BeamError('insecure_transport', 'The API URL for app.runbeam.io is plain http, which is for this machine only', {
      hint: { command: 'runbeam config:set api-url https://app.runbeam.io' },
    }),
  });
  write('https://me:hidden-word@app.runbeam.io');
  const bare = { ...context, env: {} };
  expect(getConfig(bare, {})).toMatchObject({ refused: { code: 'bad_server' } });
  expect(JSON.stringify(getConfig(bare, {}))).not.toContain('hidden-word');
});
