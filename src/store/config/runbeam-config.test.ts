import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { failure } from '../../errors.testing.ts';
import { runbeamConfigFile, type Homes, type StoreDeps } from '../paths.ts';
import { tempHomes } from '../temp-home.testing.ts';
import { readRunbeamConfig, writeRunbeamConfig } from './runbeam-config.ts';

let homes: Homes;

beforeEach(() => {
  homes = tempHomes();
});

const deps = (): StoreDeps => ({ homes, clock: systemClock });

function put(text: string): string {
  mkdirSync(homes.runbeam, { mode: 0o700, recursive: true });
  writeFileSync(runbeamConfigFile(homes), text, { mode: 0o600 });
  return runbeamConfigFile(homes);
}

test('is read, written and removed, and what is not known is kept', async () => {
  expect(readRunbeamConfig(homes)).toEqual({});
  const path = put('{"theme": "dark", "api_url": null}');
  expect(readRunbeamConfig(homes)).toEqual({});
  await writeRunbeamConfig(deps(), { apiUrl: 'http://127.0.0.1:1' });
  expect(readRunbeamConfig(homes)).toEqual({ apiUrl: 'http://127.0.0.1:1' });
  expect(readFileSync(path, 'utf8')).toBe('{\n  "api_url": "http://127.0.0.1:1",\n  "theme": "dark"\n}\n');
  await writeRunbeamConfig(deps(), {});
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ theme: 'dark' });
});

test.each(['', ' \n', '\ufeff', '\ufeff\r\n', '\ufeff{}'])('an empty file says nothing: %j', (text) => {
  put(text);
  expect(readRunbeamConfig(homes)).toEqual({});
});

test('a byte order mark is no part of it', () => {
  put('\ufeff{"api_url": "https://api.example.com"}\r\n');
  expect(readRunbeamConfig(homes)).toEqual({ apiUrl: 'https://api.example.com' });
});

test.each([
  ['{"api_url": 3}', 'bad_config', ' has a wrong `api_url`'],
  ['[]', 'bad_config', ' does not have the expected form'],
  ['{"api_url": "hidden', 'bad_file', ' is not valid JSON'],
  ['\ufeff\ufeff{}', 'bad_file', ' is not valid JSON'],
])('refuses %j, and leaves it as it is', async (text, code, message) => {
  const path = put(text);
  const expected = { code, message: path + message, hint: { text: `Correct ${path}` } };
  expect(await failure(() => readRunbeamConfig(homes))).toEqual(expected);
  expect(await failure(() => writeRunbeamConfig(deps(), {}))).toEqual(expected);
  expect(readFileSync(path, 'utf8')).toBe(text);
});
