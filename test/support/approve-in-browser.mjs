#!/usr/bin/env node
// A browser as BEAMD_BROWSER starts it, with a user in front: a real headless Chromium that clicks the device code
// through. It downloads nothing. What it did goes to the file named by APPROVE_LOG, one line a step. PLAYWRIGHT names the
// folder of playwright-core, which stands among the tools and not among the project's own packages.
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { chromium } = createRequire(import.meta.url)(process.env.PLAYWRIGHT);

/** The buttons of the pages, by id, and what the last page holds. */
const BUTTONS = ['continue', 'sign-in', 'approve'];
const MAX_PAGES = 6;

const url = process.argv.at(-1);
const profile = mkdtempSync(join(tmpdir(), 'chromium-'));

function log(line) {
  if (process.env.APPROVE_LOG) appendFileSync(process.env.APPROVE_LOG, `${line}\n`);
}

async function press(page) {
  for (const id of BUTTONS) {
    const button = page.locator(`button#${id}`);
    if ((await button.count()) === 0) continue;
    log(`press ${id}`);
    await Promise.all([page.waitForEvent('load'), button.click()]);
    return;
  }
  throw new Error(`no button on ${new URL(page.url()).pathname}`);
}

async function approve(page) {
  await page.goto(url);
  for (let count = 0; count < MAX_PAGES; count++) {
    if ((await page.locator('#done').count()) > 0) {
      log('done');
      return;
    }
    await press(page);
  }
  throw new Error('the pages did not end');
}

const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  await approve(browser.pages()[0] ?? (await browser.newPage()));
} catch (error) {
  log(`failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
