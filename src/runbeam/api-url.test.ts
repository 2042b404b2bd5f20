import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveHomes, type Homes } from '../store/paths.ts';
import { configuredApiUrl, parseApiUrl } from './api-url.ts';
import { failure } from '../errors.testing.ts';

describe('parseApiUrl', () => {
  it.each([
    ['https://api.runbeam.io', 'https://api.runbeam.io'],
    [' https://API.runbeam.io:443/ ', 'https://api.runbeam.io'],
    ['https://runbeam.example/cloud/api/', 'https://runbeam.example/cloud'],
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000'],
    ['http://[::1]:4000/api', 'http://[::1]:4000'],
  ])('makes %j into %s', (text, url) => {
    expect(parseApiUrl(text)).toBe(url);
  });

  it.each([
    ['api.runbeam.io', 'bad_server', 'The API URL is not a URL that starts with https://'],
    ['ftp://api.runbeam.io', 'bad_server', 'The API URL is not a URL that starts with https://'],
    ['', 'bad_server', 'The API URL is not a URL that starts with https://'],
    ['https://me:hidden@api.runbeam.io', 'bad_server', 'The API URL must not hold a user name or password'],
    ['https://api.runbeam.io/?token=1', 'bad_server', 'The API URL must not hold a query or a fragment'],
    [
      'http://api.runbeam.io',
      'insecure_transport',
      'The API URL for api.runbeam.io is plain http, which is for this machine only',
    ],
  ])('refuses %j', async (text, code, message) => {
    const error = await failure(() => parseApiUrl(text));
    expect([error.code, error.message]).toEqual([code, message]);
  });
});

describe('configuredApiUrl', () => {
  let folder: string;
  let homes: Homes;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'api-url-'));
    homes = resolveHomes({}, folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('takes the environment, then the config file, then the public service', () => {
    const env = { RUNBEAM_API_URL: 'https://env.example' };
    expect(configuredApiUrl(homes, {})).toEqual({ url: 'https://api.runbeam.io', source: 'default' });
    expect(configuredApiUrl(homes, { RUNBEAM_API_URL: '' })).toEqual({ url: 'https://api.runbeam.io', source: 'default' });
    expect(configuredApiUrl(homes, env)).toEqual({ url: 'https://env.example', source: 'env' });
    mkdirSync(homes.runbeam, { mode: 0o700 });
    writeFileSync(join(homes.runbeam, 'config.json'), JSON.stringify({ api_url: 'https://file.example/' }));
    expect(configuredApiUrl(homes, {})).toEqual({ url: 'https://file.example', source: 'config' });
    expect(configuredApiUrl(homes, env)).toEqual({ url: 'https://env.example', source: 'env' });
  });
});

it.each(['http://40199', 'https://2130706433:8443/api', 'http://127.1'])('%s has a number for a host', async (url) => {
  expect(await failure(() => parseApiUrl(url))).toMatchObject({
    code: 'bad_server',
    message: 'The API URL has a number where a host should be',
  });
});
