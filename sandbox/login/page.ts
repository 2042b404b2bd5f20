/**
 * The few pages a person sees. Buttons are found by id, the same on every server: `continue` (a code was typed),
 * `sign-in`, `approve`, `deny`; the last page holds an element `done`.
 */

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function page(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<style>body{font:16px/1.5 sans-serif;max-width:32em;margin:4em auto}button{font:inherit;padding:.4em 1.2em;margin:.5em .5em 0 0}
code{font-size:1.4em;letter-spacing:.1em}input{font:inherit;padding:.3em}</style></head>
<body><h1>${escapeHtml(title)}</h1>
${body}
</body></html>`;
}

export interface CodePage {
  /** Where the form is posted. */
  readonly action: string;
  readonly userCode?: string;
}

/** Asks for the user code. */
export function codePage({ action }: CodePage): string {
  return page(
    'Connect a device',
    `<form method="get" action="${escapeHtml(action)}">
<label>Code shown in your terminal <input type="text" name="user_code" autofocus autocomplete="off"></label>
<button id="continue" type="submit">Continue</button>
</form>`,
  );
}

/** Shows the user code and asks for a decision, posted as `decision=approve|deny`. */
export function decisionPage(title: string, action: string, userCode: string): string {
  return page(
    title,
    `<p>Does your terminal show this code? <code>${escapeHtml(userCode)}</code></p>
<form method="post" action="${escapeHtml(action)}">
<input type="hidden" name="user_code" value="${escapeHtml(userCode)}">
<button id="approve" type="submit" name="decision" value="approve">Approve</button>
<button id="deny" type="submit" name="decision" value="deny">Deny</button>
</form>`,
  );
}

export function donePage(message: string): string {
  return page(message, '<p id="done">You may close this page and return to your terminal.</p>');
}

export function problemPage(message: string): string {
  return page('That did not work', `<p id="problem">${escapeHtml(message)}</p>`);
}
