import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runBin, PACKAGE_ROOT } from './testing/run-bin.ts';

/** Starts the standing sandbox and resolves with what it printed once it is ready. */
async function startMain(args: readonly string[]): Promise<{ text: string; stop: () => Promise<number | null> }> {
  const child = spawn(process.execPath, [join(PACKAGE_ROOT, '.build', 'sandbox.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  await expect.poll(() => text).toContain('Ctrl-C');
  const stop = (): Promise<number | null> => {
    child.kill('SIGINT');
    return ended;
  };
  return { text, stop };
}

function found(pattern: RegExp, text: string): string {
  const value = pattern.exec(text)?.[1];
  if (value === undefined) throw new Error(`the sandbox did not print ${String(pattern)}`);
  return value;
}

describe('npm run sandbox', () => {
  it('prints commands that work, approves by itself, and leaves nothing behind', async () => {
    const { text, stop } = await startMain(['--auto-approve']);
    const folder = found(/BEAMD_HOME='(.+?)\/\.beamd'/, text);
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      BEAMD_BROWSER: 'none',
      RUNBEAM_API_URL: found(/RUNBEAM_API_URL=(\S+)/, text),
    };
    const controlPlane = found(/beamd login --server (http:\/\/localhost:\d+)/, text);
    expect(await runBin('beamd', ['login', '--server', controlPlane], { env })).toMatchObject({ code: 0 });
    expect(await runBin('beamd', ['token'], { env })).toMatchObject({ code: 0, stderr: '' });
    expect(await runBin('beamd', ['--config', found(/beamd --config '(.+)'/, text)], { env })).toMatchObject({ code: 0 });
    expect(await runBin('runbeam', ['login'], { env })).toMatchObject({ code: 0 });
    const add = found(/runbeam (harmony:add .+)/, text).split(' ');
    expect(await runBin('runbeam', add, { env })).toMatchObject({ code: 0 });
    const tokenFile = found(/--token-file '(.+)'/, text);
    expect(text).not.toContain(readFileSync(tokenFile, 'utf8'));
    const gatewayFolder = found(/its files: (\S+)/, text);
    expect(await stop()).toBe(0);
    expect([existsSync(folder), existsSync(gatewayFolder)]).toEqual([false, false]);
  });
});
