/** The page of the faults, in a real browser. */
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { browserObstacle, CHROMIUM, playwrightFolder } from '../../test/support/browser.ts';
import { cleanup } from '../../test/support/cleanup.ts';
import { NAMED_FAULTS, Switches } from './faults.ts';
import { startPanel } from './panel.ts';
import { placesOf } from './places.ts';
import { startStanding } from './servers.ts';

/** As much of the library as is used. */
interface Page {
  goto(url: string): Promise<unknown>;
  click(selector: string): Promise<void>;
  textContent(selector: string): Promise<string | null>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  evaluate(script: string): Promise<unknown>;
}

interface Playwright {
  readonly chromium: {
    launch(options: object): Promise<{ newPage(): Promise<Page>; close(): Promise<void> }>;
  };
}

const missing = browserObstacle();
const skip = missing !== undefined && process.env['CI'] !== 'true';
if (skip) console.warn(`skipped: ${missing}`);

const keep = cleanup();

test.skipIf(skip)('a fault is switched on and off by its button, and the page fits a phone', { timeout: 120_000 }, async () => {
  expect(missing).toBeUndefined();
  const servers = keep(await startStanding(true));
  const panel = keep(await startPanel(new Switches(servers), placesOf(servers)));
  const { chromium } = createRequire(import.meta.url)(playwrightFolder()) as Playwright;
  const browser = keep(await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] }));
  const page = await browser.newPage();
  const asked = async (): Promise<number> => (await fetch(`${servers.beamAuth.origin}/.well-known/beam-auth`)).status;

  await page.goto(panel.origin);
  for (const { name } of NAMED_FAULTS) expect(await page.textContent('body')).toContain(name);
  expect([await page.textContent('#edge-down'), await asked()]).toEqual(['Switch on', 200]);
  await page.click('#edge-down');
  expect([await page.textContent('#edge-down'), await asked()]).toEqual(['Switch off', 503]);
  await page.click('#edge-down');
  expect([await page.textContent('#edge-down'), await asked()]).toEqual(['Switch on', 200]);

  await page.setViewportSize({ width: 390, height: 800 });
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
});
