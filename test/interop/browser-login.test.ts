/** `beamd login` with a real browser that somebody else opened: nothing of the login is simulated. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startOAuthEdge } from '../../sandbox/testing.ts';
import { installTools } from '../../scripts/tools.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const BROWSER = fileURLToPath(new URL('../support/approve-in-browser.mjs', import.meta.url));

/** Why there can be no browser here; undefined if there can. */
function obstacle(): string | undefined {
  if (!existsSync(CHROMIUM)) return `there is no ${CHROMIUM} (set CHROMIUM, or install the package chromium)`;
  try {
    installTools('browser');
    return undefined;
  } catch (error) {
    return String(error);
  }
}

const missing = obstacle();
// In CI the browser must be there: a test that skips itself proves nothing.
const skip = missing !== undefined && process.env['CI'] !== 'true';
if (skip) console.warn(`skipped: ${missing}`);

const keep = cleanup();

test.skipIf(skip)('a headless Chromium approves the device code on the pages of the OpenID provider', async () => {
  expect(missing).toBeUndefined();
  const edge = keep(await startOAuthEdge());
  const user = keep(createCliUser());
  const log = join(user.work, 'browser.log');
  const playwright = join(installTools('browser'), 'playwright-core');
  const env = { BEAMD_BROWSER: `${process.execPath} ${BROWSER}`, APPROVE_LOG: log, CHROMIUM, PLAYWRIGHT: playwright };

  const login = await user.run('beamd', ['login', '--server', edge.origin], { env });
  expect({ code: login.code, log: readFileSync(log, 'utf8') }).toEqual({
    code: 0,
    log: 'press approve\npress sign-in\npress approve\ndone\n',
  });
  expect(login.stdout).toBe(
    `✓ Logged in to ${edge.origin} as alice@example.com\nDefault org alice; others: acme, widgets\nIt is now the current server\n`,
  );
  expect((await user.beamd('token')).stdout).toMatch(/^\S{20,}\n$/);
  expect(edge.liveSessions()).toBe(1);
});
