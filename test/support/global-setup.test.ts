import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cleanup } from './cleanup.ts';
import { leftoverFiles } from './global-setup.ts';

const keep = cleanup();

test('every file and folder that a run leaves is named, and Node’s own cache is not', () => {
  const root = mkdtempSync(join(tmpdir(), 'left-'));
  keep({ close: () => rmSync(root, { recursive: true }) });
  for (const folder of ['home/accounts', 'node-compile-cache']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['home/accounts/a.yaml', 'node-compile-cache/x']) writeFileSync(join(root, file), '');
  expect(leftoverFiles(root).toSorted()).toEqual(['home', 'home/accounts', 'home/accounts/a.yaml']);
});
