/** Approves or denies a login the way a person does: page by page, button by button. */
import { Visitor, type Page } from './visitor.ts';

export type Decision = 'approve' | 'deny';

const MAX_PAGES = 8;

/**
 * Walks the pages from `url` to the last one. Throws when a page has no button to go on with, so a code that is
 * unknown, used or expired fails here.
 */
export async function decide(url: string, decision: Decision, fields: Readonly<Record<string, string>> = {}): Promise<void> {
  const visitor = new Visitor();
  let page = await visitor.open(url);
  for (let step = 0; step < MAX_PAGES; step += 1) {
    if (page.html.includes('id="done"')) return;
    const button = ['continue', 'sign-in', decision].find((id) => page.html.includes(`id="${id}"`));
    if (button === undefined || page.status >= 400) throw new Error(problemOf(page));
    page = await visitor.click(page, button, fieldsOn(page, fields));
  }
  throw new Error(`still not done after ${MAX_PAGES} pages`);
}

/** Only what the page asks for. */
function fieldsOn(page: Page, fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => page.html.includes(`name="${name}"`)));
}

function problemOf(page: Page): string {
  const reason = /id="problem">([^<]*)</.exec(page.html)?.[1];
  return `${new URL(page.url).pathname} answered ${page.status}${reason === undefined ? '' : `: ${reason}`}`;
}
