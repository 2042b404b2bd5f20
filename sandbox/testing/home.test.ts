import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../beam-auth-edge.ts';
import { decideByCode } from './approve.ts';
import { tempHome, type TempHome } from './home.ts';
import { PROC } from './processes.ts';
import { runBin, startBin } from './run-bin.ts';

let home: TempHome;
let edge: BeamAuthEdge;
beforeEach(async () => {
  [home, edge] = await Promise.all([tempHome('kept für tests'), startBeamAuthEdge()]);
});
afterEach(async () => {
  await home.close();
  await edge.close();
});

async function logIn(): Promise<void> {
  const bin = startBin('beamd', ['login', '--server', edge.origin], { env: home.env });
  expect(await decideByCode(bin, edge)).toMatchObject({ code: 0 });
}

describe('a temporary home', () => {
  it('has a clean environment', () => {
    expect(home.env).toEqual({
      HOME: home.path,
      BEAMD_BROWSER: 'none',
      LANG: 'C.UTF-8',
      PATH: process.env['PATH'],
      ...(process.env['TMPDIR'] === undefined ? {} : { TMPDIR: process.env['TMPDIR'] }),
    });
  });

  it('runs the bins, approves a login, and stops the agent with the home', async () => {
    await logIn();
    const { stdout, code } = await runBin('beamd', ['token'], { env: home.env });
    expect([stdout, code]).toEqual([expect.stringMatching(/^bat_[\w-]{32}\n$/), 0]);
    if (PROC)
      expect(home.background().map(({ command }) => command)).toContainEqual(expect.stringMatching(/agent\.cjs|--program=agent/));
    await home.close();
    expect([home.background(), existsSync(home.path)]).toEqual([[], false]);
  });

  it('kills an agent that does nothing any more', async () => {
    await logIn();
    await runBin('beamd', ['token'], { env: home.env });
    for (const { pid } of home.background()) process.kill(pid, 'SIGSTOP');
    await home.close();
    expect(home.background()).toEqual([]);
  });
});

describe('a bin as a child process', () => {
  it('denies a login', async () => {
    const bin = startBin('beamd', ['login', '--server', edge.origin], { env: home.env });
    expect(await decideByCode(bin, edge, 'deny')).toMatchObject({ code: 4, signal: null });
  });

  it('takes standard input, and says when a text never comes', async () => {
    const options = { env: home.env, stdin: 'not-a-key\n' };
    const bin = startBin('beamd', ['login', '--server', edge.origin, '--token', '-'], options);
    await expect(bin.waitFor(/never printed/)).rejects.toThrow('beamd ended without printing /never printed/');
    expect(await bin.done).toMatchObject({ code: 4, stdout: '' });
  });

  it('ends at its limit', async () => {
    const options = { env: home.env, timeout: 1500 };
    const result = await runBin('beamd', ['login', '--server', edge.origin], options);
    expect(result).toMatchObject({ code: null, signal: 'SIGKILL' });
  });
});
