/** A person at a browser, without the browser: cookies, redirects, forms and buttons over plain HTTP. */

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly html: string;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

const MAX_HOPS = 10;

export class Visitor {
  readonly #cookies = new Map<string, Cookie>();

  /** Opens a URL, follows redirects and submits a page that submits itself. */
  open(url: string): Promise<Page> {
    return this.#load(url, undefined);
  }

  /** Presses a button by id, with the page's form filled in. */
  click(page: Page, buttonId: string, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    const button = tagsOf(page.html, 'button').find((attributes) => attributes.get('id') === buttonId);
    if (button === undefined) throw new Error(`no button ${buttonId} on ${new URL(page.url).pathname}`);
    const name = button.get('name');
    return this.#submit(page, { ...fields, ...(name === undefined ? {} : { [name]: button.get('value') ?? '' }) });
  }

  #submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
    const form = tagsOf(page.html, 'form')[0];
    if (form === undefined) throw new Error(`no form on ${new URL(page.url).pathname}`);
    const data = new URLSearchParams();
    for (const input of tagsOf(page.html, 'input')) data.set(input.get('name') ?? '', input.get('value') ?? '');
    for (const [name, value] of Object.entries(fields)) data.set(name, value);
    const target = new URL(form.get('action') ?? '', page.url);
    if (form.get('method')?.toLowerCase() === 'post') return this.#load(target.href, data);
    target.search = data.toString();
    return this.#load(target.href, undefined);
  }

  async #load(start: string, form: URLSearchParams | undefined): Promise<Page> {
    let url = start;
    let body = form;
    for (let hop = 0; hop < MAX_HOPS; hop += 1) {
      const response = await fetch(url, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { cookie: this.#cookieHeader(url) },
        ...(body === undefined ? {} : { body }),
        redirect: 'manual',
      });
      this.#remember(response.headers.getSetCookie());
      const html = await response.text();
      const location = response.headers.get('location');
      if (location === null) return this.#settle({ url, status: response.status, html });
      url = new URL(location, url).href;
      body = undefined;
    }
    throw new Error(`more than ${MAX_HOPS} redirects from ${new URL(start).pathname}`);
  }

  #settle(page: Page): Page | Promise<Page> {
    return page.html.includes('document.forms[0].submit()') ? this.#submit(page, {}) : page;
  }

  #cookieHeader(url: string): string {
    const { pathname } = new URL(url);
    return [...this.#cookies.values()]
      .filter(({ path }) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  #remember(headers: readonly string[]): void {
    for (const header of headers) {
      const [pair = '', ...attributes] = header.split(/;\s*/);
      const at = pair.indexOf('=');
      const cookie = { name: pair.slice(0, at), value: pair.slice(at + 1), path: attribute(attributes, 'path') ?? '/' };
      const expires = attribute(attributes, 'expires');
      const key = `${cookie.path} ${cookie.name}`;
      if (expires !== undefined && Date.parse(expires) <= Date.now()) this.#cookies.delete(key);
      else this.#cookies.set(key, cookie);
    }
  }
}

function attribute(attributes: readonly string[], name: string): string | undefined {
  const found = attributes.find((text) => text.toLowerCase().startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

/** The attributes of every tag of one kind. The pages are our own or oidc-provider's, so a few patterns are enough. */
function tagsOf(html: string, tag: string): Map<string, string>[] {
  return [...html.matchAll(new RegExp(`<${tag}\\b([^>]*)>`, 'g'))].map(
    (match) =>
      new Map([...(match[1] ?? '').matchAll(/([\w-]+)="([^"]*)"/g)].map((pair) => [pair[1] ?? '', unescapeHtml(pair[2] ?? '')])),
  );
}

function unescapeHtml(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
