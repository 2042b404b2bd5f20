import { expect, test } from 'vitest';
import { scanLockFile, scanText } from './tracked.ts';

test.each([
  ['a path of one machine', ['cd ', 'home', 'bob', 'project'].join('/')],
  ['the address of a package registry', ['https://registry', 'npmjs', 'org'].join('.')],
  ['an age secret key', `AGE-SECRET-KEY-1${'Q'.repeat(58)}`],
  ['a private key', ['-----BEGIN OPENSSH', 'PRIVATE', 'KEY-----'].join(' ')],
  ['a JSON web token', ['eyJhbGciOiJub', 'eyJzdWIiOiJhb', 'c2lnbmF0dXJl'].join('.')],
  ['a token', `ghp_${'a'.repeat(36)}`],
])('%s is found', (what, line) => {
  expect(scanText('a.md', `first\n${line}\n`)).toEqual([`a.md:2 holds ${what}`]);
});

test('what looks like one and is none is left alone', () => {
  expect(scanText('a.md', 'AGE-SECRET-KEY-1...\n/home/alice/.beamd\n#!/usr/bin/env node\neyJ…\n')).toEqual([]);
});

test('a lock file names no addresses', () => {
  const lock = (entry: object): string => JSON.stringify({ packages: { '': {}, 'node_modules/jose': entry } });
  expect(scanLockFile('lock', lock({ version: '6.0.0' }))).toEqual([]);
  expect(scanLockFile('lock', lock({ resolved: 'https://example.com/jose.tgz' }))).toEqual([
    'lock: node_modules/jose names the address it came from (see .npmrc)',
  ]);
  expect(scanLockFile('lock', '{}')).toEqual(['lock lists no packages']);
});
