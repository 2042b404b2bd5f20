/** A real browser for tests, where there is one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installTools } from '../../scripts/tools.ts';

export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Folder of the library that drives it. */
export const playwrightFolder = (): string => join(installTools('browser'), 'playwright-core');

/** Why there can be no browser here; undefined if there can. In CI there must be one: a test that skips itself proves nothing. */
export function browserObstacle(): string | undefined {
  if (!existsSync(CHROMIUM)) return `there is no ${CHROMIUM} (set CHROMIUM, or install the package chromium)`;
  try {
    installTools('browser');
    return undefined;
  } catch (error) {
    return String(error);
  }
}
