/** The page: what it shows, and that nothing of a token's names becomes part of it but text. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { timelinePage } from './timeline.ts';
import { tokenRow } from './reports.testing.ts';

const NOW = Date.parse('2026-11-01T12:00:00Z');

/** What a reader sees of it, a line for each piece of text. */
function textOf(page: string): string[] {
  const body = page.slice(page.indexOf('<body>'));
  return body
    .replaceAll(/<[^>]*>/g, '\n')
    .split('\n')
    .filter((line) => line !== '');
}

it('shows each token, how long it lives, and what has become of it', () => {
  const page = timelinePage(
    [
      tokenRow({ standing: 'expired', expiresAt: '2026-10-31T12:00:00Z' }),
      tokenRow({}),
      tokenRow({ standing: 'undelivered', expiresAt: undefined, cloud: undefined }),
    ],
    NOW,
  );
  expect(textOf(page)).toEqual([
    'Machine tokens',
    '1 urgent, 1 to watch, 1 in force. Written 2026-11-01 12:00 UTC.',
    ...['Gateway', '10-02', '10-17', 'now', '11-16', '12-01', 'Ends'],
    ...['gate', '1a2b3c4d at https://cloud.example', 'ended 1 day ago', '2026-10-31 12:00 UTC', 'expired'],
    ...['gate', '1a2b3c4d at https://cloud.example', 'ends in 8 days', '2026-11-09 00:00 UTC'],
    ...['gate', '1a2b3c4d', 'end not known', 'not delivered'],
  ]);
  const bars = [...page.matchAll(/<rect class="(fine|soon|now|gone)" x="([\d.]+)" y="2" width="([\d.]+)"/g)];
  expect(bars.map((bar) => bar.slice(1))).toEqual([
    ['now', '7.5', '21.5'],
    ['fine', '7.5', '30'],
  ]);
});

it('names are text alone; the policy lets in its own style and nothing else', () => {
  const label = '</span><script>alert(1)</script>&amp;"\u202e';
  const hostile = { id: 'ffffffff', ip: '::1', port: 1, label, pathPrefix: 'admin' };
  const page = timelinePage([tokenRow({ instance: hostile, gatewayCode: '<b>"\'', cloud: '<i>' })], NOW);
  expect(page).toContain(
    '&lt;/span&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;"<span class="code">&lt;b&gt;"\' at &lt;i&gt;<',
  );
  const tags = [...page.matchAll(/<([a-z][a-z0-9]*)/g)].map(([, tag]) => tag);
  const own = ['html', 'head', 'meta', 'title', 'style', 'body', 'h1', 'p', 'ol', 'li', 'span', 'time', 'svg', 'rect'];
  expect([...new Set(tags)].sort()).toEqual(own.sort());
  expect(page).not.toMatch(/\s(?:style|src|href|on\w+)=|url\(|@import/);
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? expect.fail('no style');
  const hash = createHash('sha256').update(style).digest('base64');
  expect(page).toContain(
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">`,
  );
});

it('says so where there is no token', () => {
  expect(textOf(timelinePage([], NOW))).toEqual([
    'Machine tokens',
    'No machine token from here is in use. Written 2026-11-01 12:00 UTC.',
  ]);
});
