/** The main screens of both programs as people see them: at three widths, with colours, without, and in ASCII alone. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'fast-string-width';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarmony, type Harmony } from '../../sandbox/testing.ts';
import { accountOf, credentialOf, randomToken } from '../../src/auth/auth.testing.ts';
import { systemClock } from '../../src/clock.ts';
import { addToLedger, newSerial, type LedgerEntry } from '../../src/store/instances/token-ledger.ts';
import { createAccountStore } from '../../src/store/accounts/account-store.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../support/cli-user.ts';
import { succeeded } from '../support/login.ts';
import { openTerminal } from '../support/terminal.ts';

const keep = cleanup(afterAll);
let user: CliUser;
let gateway: Harmony;

/** Wider than the narrowest terminal. */
const LONG = 'a-department-with-a-name-that-nobody-made-short';

beforeAll(async () => {
  gateway = keep(await startHarmony());
  user = keep(createCliUser({ env: { RUNBEAM_API_URL: 'https://cloud.example.com', BEAMD_NO_AGENT: '1' } }));
  const accounts = createAccountStore({ homes: user.homes, clock: systemClock, env: user.env });
  const scopes = [
    { slug: 'alice', role: 'owner' },
    { slug: 'acme', role: 'member' },
    { slug: LONG, role: 'member' },
  ];
  const about = { dialect: 'beam-auth', user: 'alice@example.com', scopes } as const;
  await accounts.save(accountOf('https://edge.example.com', about), credentialOf(randomToken()));
  const long = accountOf(`https://${LONG}.example.com`, { ...about, defaultScope: LONG });
  await accounts.save(long, credentialOf(randomToken()));
  succeeded(await user.beamd('switch', 'edge.example.com'));
  succeeded(await user.runbeam('harmony:add', '-p', String(gateway.port), '-l', 'gw'));
  succeeded(await user.runbeam('harmony:add', '-p', '9', '-l', LONG));
  await addToLedger({ homes: user.homes, clock: systemClock }, machineTokens());
  writeFileSync(join(user.work, '.beamd'), 'server: edge.example.com\nscope: acme\n');
});

/** Of gateways that are not registered: no command warns of them. */
function machineTokens(): LedgerEntry[] {
  const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
  const about = [
    ['gateway-1', 'delivered', 25.5],
    ['gateway-2', 'delivered', 6.5],
    [LONG, 'delivered', 2.5],
    ['gateway-3', 'unanswered', 28.5],
    ['gateway-4', 'issued', 20.5],
  ] as const;
  return about.map(([gatewayCode, state, ends]) => {
    return {
      serial: newSerial(),
      state,
      askedAt: day(ends - 30),
      gatewayCode,
      cloud: 'https://cloud.example.com',
      expiresAt: day(ends),
    };
  });
}

const SCREENS = [
  'beamd',
  'beamd status --server edge.example.com --scope acme',
  'beamd whoami',
  'beamd orgs',
  'beamd accounts',
  `beamd default --server ${LONG}.example.com`,
  'beamd why',
  'beamd agent status --all',
  'beamd agent top',
  `beamd why scope --scope ${LONG}`,
  `beamd status --server ${LONG}.example.com`,
  'beamd whoami --server nowhere.example.com',
  'beamd whoami --scope gone',
  'beamd switch nowhere',
  'beamd nosuch',
  'runbeam',
  'runbeam harmony:list',
  'runbeam harmony:info -l gw',
  'runbeam harmony:info -l nosuch',
  'runbeam harmony:authorize -l gw',
  'runbeam harmony:tokens --no-pager',
];

/** What differs between two runs, each by something as wide. */
function same(text: string): string {
  return (
    text
      .replaceAll(String(gateway.port), '8'.repeat(String(gateway.port).length))
      // The last character of a colour is a letter, too.
      .replaceAll(/(\b|\[\d+m)[0-9a-f]{8}\b/g, `$1${'x'.repeat(8)}`)
      .replaceAll(/(\b|\[\d+m)\d+ (?:s|min) ago\b/g, '$1n s ago')
      .replaceAll(/\b\d{4}-\d\d-\d\d \d\d:\d\d\b/g, 'YYYY-MM-DD hh:mm')
      .replaceAll(/(uptime[^\d\n]*)\d.*$/gm, '$1n')
      .replaceAll('\r\n', '\n')
  );
}

async function shownAt(columns: number, env: Readonly<Record<string, string>>): Promise<string> {
  const lines = SCREENS.map((line) => {
    const [bin = '', ...words] = line.split(' ');
    const command = quoted([...commandOf(bin === 'runbeam' ? 'runbeam' : 'beamd'), ...words]);
    return `echo "$ ${line}"; ${command}; echo`;
  });
  // On a dumb terminal nothing says what it waits for, which only a slow machine would show.
  const options = { cwd: user.work, env: { ...user.env, TERM: 'dumb', ...env }, columns };
  const terminal = openTerminal(`${lines.join('; ')}; echo all shown`, options);
  try {
    await terminal.waitFor(/all shown\r\n$/);
    return same(terminal.shown());
  } finally {
    await terminal.close();
  }
}

/** What is there to be copied stays whole: what was typed here, commands, URLs, a word on its own. */
const COPIED = /^\s*\$ |^Run: |:\/\/|^\s*\S*$|^ {2,}(?:beamd|runbeam) /;

const UTF8 = { LC_ALL: 'C.UTF-8' };

test.each([
  ['colours', { ...UTF8, FORCE_COLOR: '1' }],
  ['no colours', { ...UTF8, NO_COLOR: '1' }],
  ['ASCII', { LC_ALL: 'C', NO_COLOR: '1' }],
] as const)('with %s', async (name, env) => {
  for (const columns of [100, 60, 40]) {
    const shown = await shownAt(columns, env);
    const plain = stripVTControlCharacters(shown);
    const wide = plain.split('\n').filter((line) => stringWidth(line) > columns && !COPIED.test(line));
    expect({ columns, wide }).toEqual({ columns, wide: [] });
    if (name === 'ASCII') expect(plain).toMatch(/^[\n\r -~]*$/);
    if (name !== 'colours') expect(shown).toBe(plain);
    await expect(shown).toMatchFileSnapshot(`screens/${name.replace(' ', '-')}-${String(columns)}.txt`);
  }
});
