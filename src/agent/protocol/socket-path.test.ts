import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemOf } from '../../platform/system.ts';
import { resolveHomes } from '../../store/paths.ts';
import { agentSocket, settleSocket } from './socket-path.ts';

test('a pipe needs no short folder, however long the home is; the other files stay beside the log', async () => {
  const root = mkdtempSync(join(tmpdir(), 'beamd-pipe-'));
  try {
    const homes = resolveHomes({ BEAMD_HOME: join(root, 'h'.repeat(120)) }, root);
    const { sockets } = systemOf('win32');
    const folder = join(homes.beamd, 'agents');
    const expected = {
      above: homes.beamd,
      folder,
      base: join(folder, 'edge.example.com'),
      socket: sockets.pipe?.(homes.beamd, 'edge.example.com'),
      pipe: true,
    };
    expect(await agentSocket(homes, 'edge.example.com', sockets)).toEqual(expected);
    expect(await settleSocket(homes, 'edge.example.com', sockets)).toEqual(expected);
    // Nothing was chosen, made or written down.
    expect(existsSync(homes.beamd)).toBe(false);
  } finally {
    rmSync(root, { recursive: true });
  }
});
