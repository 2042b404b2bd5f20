/** `beamd login` with a real browser that somebody else opened: nothing of the login is simulated. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startOAuthEdge } from '../../sandbox/testing.ts';
import { browserObstacle, CHROMIUM, playwrightFolder } from '../support/browser.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';

const BROWSER = fileURLToPath(new URL('../support/approve-in-browser.mjs', import.meta.url));

const missing = browserObstacle();
const skip = missing !== undefined && process.env['CI'] !== 'true';
if (skip) console.warn(`skipped: ${missing}`);

const keep = cleanup();

test.skipIf(skip)('a headless Chromium approves the device code on the pages of the OpenID provider', async () => {
  expect(missing).toBeUndefined();
  const edge = keep(await startOAuthEdge());
  const user = keep(createCliUser());
  const log = join(user.work, 'browser.log');
  const env = { BEAMD_BROWSER: `${process.execPath} ${BROWSER}`, APPROVE_LOG: log, CHROMIUM, PLAYWRIGHT: playwrightFolder() };

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
