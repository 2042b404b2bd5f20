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
  const left = ['.sock', '.g3', '.g12', '.pid', '.start', '.at', '.log', '.log.1'];
  const others = ['edge.example.com_8443', 'edge.example.co'].flatMap((key) => left.map((end) => `${key}${end}`));
  for (const name of [...left.map((end) => `edge.example.com${end}`), ...others]) writeFileSync(join(folder, name), '');
  // Of this very process, and of one in another container: whoever wrote them is not writing any more.
  const temporary = (key: string): string[] => [
    `.${key}.pid.0x1.${String(process.pid)}.1abc.tmp`,
    `.${key}.at.4026531836.1.2b.tmp`,
  ];
  for (const name of temporary('edge.example.com')) writeFileSync(join(folder, name), '');
  others.push(...temporary('edge.example.com_8443'), ...temporary('edge.example'));
  for (const name of others) writeFileSync(join(folder, name), '');
  await forgetAgent(homes, 'edge.example.com');
  await forgetAgent(homes, 'edge.example.com');
  expect(readdirSync(folder).sort()).toEqual(others.sort());
  rmSync(user, { recursive: true });
});
