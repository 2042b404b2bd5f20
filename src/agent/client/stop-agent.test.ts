import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentsFolder, resolveHomes } from '../../store/paths.ts';
import { forgetAgent } from './stop-agent.ts';

test('of an account that is removed no file of an agent stays, and of any other each', async () => {
  const user = mkdtempSync(join(tmpdir(), 'forget-'));
  const homes = resolveHomes({}, user);
  const folder = agentsFolder(homes);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const left = ['.sock', '.g3', '.g12', '.pid', '.start', '.log', '.log.1'];
  const others = ['edge.example.com_8443', 'edge.example.co'].flatMap((key) => left.map((end) => `${key}${end}`));
  for (const name of [...left.map((end) => `edge.example.com${end}`), ...others]) writeFileSync(join(folder, name), '');
  await forgetAgent(homes, 'edge.example.com');
  await forgetAgent(homes, 'edge.example.com');
  expect(readdirSync(folder).sort()).toEqual(others.sort());
  rmSync(user, { recursive: true });
});
