import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { AgentStatus } from '../../agent/protocol/agent.ts';
import { Secret } from '../../secret.ts';
import type { LogoutResult } from '../../services/login/logout.ts';
import type { OrgsResult } from '../../services/beamd/orgs.ts';
import type { StatusResult } from '../../services/beamd/status.ts';
import type { Account } from '../../store/accounts/account.ts';
import { commandSchemas, lineSchemas } from '../json/schemas.ts';
import { createStyle } from '../output/style.ts';
import { accountsJson, presentAccounts, presentSwitch, switchJson } from './accounts.ts';
import * as agent from './agent/agent.ts';
import { loginJson, loginSteps, presentLogin, presentNextSteps } from './login/login.ts';
import { logoutJson, presentLogout } from './login/logout.ts';
import { defaultJson, orgsJson, presentDefault, presentOrgs } from './orgs.ts';
import { linkJson, presentLink } from './project.ts';
import { tokenJson } from './token.ts';
import { moment } from './time.ts';
import { presentStatus, statusJson } from './status.ts';
import { checkJson, presentCheck, presentWhoami, whoamiJson } from './whoami.ts';

const colourless = createStyle(false);
const colour = createStyle(true);
const NOW = 1_800_000_000_000;
const AT = NOW / 1000;
const EDGE = 'edge.example.com';

const ACCOUNT: Account = {
  key: EDGE,
  server: EDGE,
  provider: 'edge',
  kind: 'session',
  dialect: 'beam-auth',
  user: 'alice',
  scopes: [{ slug: 'alice', role: 'owner' }, { slug: 'acme' }],
  defaultScope: 'alice',
  storage: 'age',
  controlPlane: 'beamd.run',
};
const TOKEN_ACCOUNT: Account = {
  key: EDGE,
  server: EDGE,
  provider: 'edge',
  kind: 'token',
  dialect: 'static',
  scopes: [],
  storage: 'age',
};

/** What is printed is what the schema says, and nothing more. */
function fits(id: keyof typeof commandSchemas, value: unknown): unknown {
  const schema: v.GenericSchema = commandSchemas[id];
  expect(v.parse(schema, value)).toEqual(value);
  return value;
}

describe('login', () => {
  test('the account', () => {
    const result = { account: ACCOUNT, current: true, replaced: false, check: 'valid' } as const;
    expect(presentLogin(result, colourless)).toBe(
      '✓ Logged in to edge.example.com as alice\nDefault org alice; others: acme\nIt is now the current server',
    );
    expect(fits('beamd:login', loginJson(result))).toEqual({
      account: {
        server: EDGE,
        kind: 'session',
        user: 'alice',
        scopes: [{ slug: 'alice', role: 'owner' }, { slug: 'acme' }],
        default_scope: 'alice',
        control_plane: 'beamd.run',
        storage: 'age',
      },
      current: true,
      replaced: false,
      check: 'valid',
    });
  });

  test('many orgs are counted, and what comes next is for this login', () => {
    const scopes = Array.from({ length: 6 }, (_, index) => ({ slug: `org-${String(index)}` }));
    const result = {
      account: { ...ACCOUNT, scopes, defaultScope: 'org-1' },
      current: false,
      replaced: false,
      check: 'valid',
    } as const;
    expect(presentLogin(result, colourless)).toBe(
      '✓ Logged in to edge.example.com as alice\nDefault org org-1 (6 orgs)\nRun: beamd orgs',
    );
    expect(presentNextSteps(loginSteps(result), colourless)).toBe(
      'Next:\n  beamd exec -- COMMAND  run a program with your token\n  beamd default ORG      make another org the default',
    );
    const other = { ...result, currentAccount: { server: 'other.example.com' } };
    expect(presentLogin(other, colourless)).toContain('\nRun: beamd orgs --server edge.example.com\n');
    expect(loginSteps({ ...other, account: TOKEN_ACCOUNT }).map(([command]) => command)).toEqual([
      'beamd exec --server edge.example.com -- COMMAND',
      'beamd link --server edge.example.com',
    ]);
    const steps = (pinned: 'this' | 'another') => loginSteps(other, pinned).map(([command]) => command);
    expect(steps('this')).toEqual(['beamd exec -- COMMAND', 'beamd status']);
    expect(steps('another')).toEqual(['beamd exec --server edge.example.com -- COMMAND', 'beamd why server']);
  });

  test('a token', () => {
    const result = { account: TOKEN_ACCOUNT, current: false, replaced: true, check: 'unchecked' } as const;
    expect(presentLogin(result, colourless)).toBe('✓ Logged in to edge.example.com\nThe token was saved without being checked');
  });
});

describe('logout', () => {
  const one = { server: EDGE, user: 'alice', kind: 'session', agentStopped: true } as const;

  test('says what became of each session', () => {
    const result: LogoutResult = {
      accounts: [
        { ...one, session: 'revoked' },
        { ...one, session: 'unreachable', expiresAt: AT + 7200, agentStopped: false },
        { ...one, session: 'unsupported', agentStopped: false },
        { ...one, session: 'none', agentStopped: false },
        { server: EDGE, kind: 'token', session: 'unsupported', agentStopped: false, keyring: 'deleted' },
        { server: EDGE, kind: 'session', session: 'unreadable', agentStopped: false, keyring: 'left' },
      ],
      current: { server: 'other.example.com' },
      undecided: false,
    };
    expect(presentLogout(result, colourless, NOW)).toBe(
      [
        '✓ Logged out of edge.example.com (alice): the session was revoked and deleted here',
        '  its agent was stopped',
        '✓ Logged out of edge.example.com (alice): deleted here; the server could not be reached, so the session lives on there; its access token expires in 2 h (2027-01-15 10:00)',
        '✓ Logged out of edge.example.com (alice): deleted here; the server offers no revocation, so the session lives on there',
        '✓ Logged out of edge.example.com (alice): nothing was left to revoke; deleted here',
        '✓ Logged out of edge.example.com: the token was deleted here; it stays valid until the server drops it',
        '  its key was deleted from the OS keyring',
        '✓ Logged out of edge.example.com: deleted here; its secret could not be read to revoke the session, which lives on there',
        '  its key could not be deleted from the OS keyring; it opens nothing any more',
        'The current server is other.example.com',
      ].join('\n'),
    );
    fits('beamd:logout', logoutJson(result));
    const undecided = { accounts: [{ ...one, session: 'revoked', agentStopped: false }], undecided: true } as const;
    expect(presentLogout(undecided, colourless, NOW)).toBe(
      '✓ Logged out of edge.example.com (alice): the session was revoked and deleted here\n' +
        'No server is the current one now\nRun: beamd switch SERVER',
    );
  });
});

describe('orgs', () => {
  const RESULT: OrgsResult = {
    server: EDGE,
    user: 'alice',
    selfHosted: false,
    scopes: ACCOUNT.scopes,
    defaultScope: 'alice',
    staleDefault: false,
    active: 'acme',
  };

  test('one a line', () => {
    expect(presentOrgs(RESULT, colourless)).toBe('  alice  owner  default\n* acme');
    expect(presentOrgs(RESULT, colour)).toBe(
      '  alice  owner  \u001b[2mdefault\u001b[22m\n\u001b[32m*\u001b[39m \u001b[1macme\u001b[22m',
    );
    expect(fits('beamd:orgs', orgsJson(RESULT))).toEqual({
      server: EDGE,
      user: 'alice',
      self_hosted: false,
      orgs: ACCOUNT.scopes,
      default_scope: 'alice',
      stale_default: false,
      active: 'acme',
    });
  });

  test('none, self-hosted, stale', () => {
    const none = { server: EDGE, selfHosted: false, scopes: [], staleDefault: false };
    expect(presentOrgs(none, colourless)).toBe('You have no orgs on edge.example.com');
    expect(presentOrgs({ ...none, selfHosted: true }, colourless)).toBe('edge.example.com is self-hosted and has no orgs');
    expect(presentOrgs({ ...none, defaultScope: 'gone', staleDefault: true }, colourless)).toBe(
      'You have no orgs on edge.example.com\n! The default org gone is not among your orgs on edge.example.com any more\nRun: beamd default ORG',
    );
  });

  test('the default', () => {
    const result = { server: EDGE, defaultScope: 'acme', stale: false, changed: true, asked: 'set' } as const;
    expect(presentDefault(result, colourless)).toBe('✓ The default org on edge.example.com is now acme');
    expect(presentDefault({ ...result, changed: false }, colourless)).toBe('The default org on edge.example.com is acme');
    expect(presentDefault({ ...result, changed: false, asked: 'show' }, createStyle(true))).toBe('acme');
    expect(presentDefault({ server: EDGE, stale: false, changed: false, asked: 'show' }, colourless)).toBe('');
    expect(presentDefault({ ...result, asked: 'unset' }, colourless)).toBe(
      '✓ There is no default org on edge.example.com any more: acme acts, your first one',
    );
    fits('beamd:default', defaultJson(result));
  });
});

test('accounts and switch', () => {
  const result = {
    accounts: [
      { account: ACCOUNT, current: true, login: { state: 'valid', expiresAt: AT + 3_600 } },
      { account: { ...TOKEN_ACCOUNT, server: 'b.example.com:8443' }, current: false, login: { state: 'token' } },
      { account: { ...ACCOUNT, server: 'c.example.com', endedAt: AT }, current: false, login: { state: 'ended' } },
      { account: { ...ACCOUNT, server: 'd.example.com' }, current: false, login: { state: 'logged_in' }, lastUsedAt: AT - 7_200 },
      { account: { ...ACCOUNT, server: 'e.example.com' }, current: false, login: { state: 'locked' }, lastUsedAt: AT - 119 },
    ],
    problems: [{ path: '/home/a/.beamd/accounts/x.yaml', message: 'is not yaml' }],
  } as const;
  const used = `used ${moment(AT - 7_200, AT * 1000)}`;
  expect(presentAccounts(result, colourless, AT * 1000)).toBe(
    [
      `* edge.example.com    alice  2 orgs, default alice  valid, expires ${moment(AT + 3_600, AT * 1000)}`,
      '  b.example.com:8443         token',
      '  c.example.com       alice  2 orgs, default alice  ended, log in again',
      `  d.example.com       alice  2 orgs, default alice                                            ${used}`,
      `  e.example.com       alice  2 orgs, default alice  locked                                    used just now`,
      '! /home/a/.beamd/accounts/x.yaml: is not yaml',
    ].join('\n'),
  );
  expect(presentAccounts({ accounts: [], problems: [] }, colourless, 0)).toBe('You are not logged in anywhere\nRun: beamd login');
  fits('beamd:accounts', accountsJson(result));
  const switched = { account: ACCOUNT, overriddenBy: 'other.example.com' };
  expect(presentSwitch(switched, colourless)).toBe(
    '✓ The current server is now edge.example.com\n! BEAMD_SERVER is set to other.example.com and wins over it\nRun: unset BEAMD_SERVER',
  );
  fits('beamd:switch', switchJson(switched));
});

describe('status', () => {
  const HOME = { user: '/home/alice' };
  const AGENT: AgentStatus = {
    protocol: 1,
    version: '0.1.0',
    pid: 42,
    account: EDGE,
    startedAt: AT - 120,
    expiresAt: AT + 3600,
    refreshedAt: AT - 60,
    refreshes: 1,
    served: 7,
  };
  const RESULT: StatusResult = {
    server: EDGE,
    serverSource: { kind: 'project', path: '/home/alice/repo/.beamd' },
    scope: 'acme',
    scopeSource: { kind: 'default-scope' },
    unknownScope: false,
    user: 'alice',
    token: 'account',
    session: { state: 'valid', expiresAt: AT + 3600 },
    storage: 'age',
    agent: { state: 'running', status: AGENT },
  };

  test('each line says where it comes from', () => {
    expect(presentStatus(RESULT, colourless, NOW, HOME)).toBe(
      [
        'Server   edge.example.com  (~/repo/.beamd)',
        'Org      acme  (the default org)',
        'User     alice',
        'Session  valid, expires in 1 h (2027-01-15 09:00)',
        'Storage  age (encrypted to a key file or BEAMD_ENCRYPTION_KEY)',
        'Agent    running, started 2 min ago (2027-01-15 07:58): pid 42, version 0.1.0, 7 served, 1 refreshed',
      ].join('\n'),
    );
    expect(fits('beamd:status', statusJson(RESULT))).toEqual({
      server: EDGE,
      server_source: { kind: 'project', path: '/home/alice/repo/.beamd' },
      scope: 'acme',
      scope_source: { kind: 'default-scope' },
      unknown_scope: false,
      user: 'alice',
      token: 'account',
      session: { state: 'valid', expires_at: '2027-01-15T09:00:00Z' },
      storage: 'age',
      agent: {
        state: 'running',
        pid: 42,
        version: '0.1.0',
        started_at: '2027-01-15T07:58:00Z',
        expires_at: '2027-01-15T09:00:00Z',
        refreshed_at: '2027-01-15T07:59:00Z',
        refreshes: 1,
        served: 7,
      },
    });
  });

  test.each([
    [{ state: 'no_expiry' }, 'does not expire by itself; --check asks the server'],
    [{ state: 'renewable', expiresAt: AT - 1 }, 'expired, is refreshed at the next use'],
    [{ state: 'expired', expiresAt: AT - 7200 }, 'expired 2 h ago (2027-01-15 06:00)'],
    [{ state: 'ended', endedAt: AT - 86_400 }, 'ended 1 day ago (2027-01-14 08:00)'],
    [{ state: 'unreadable' }, 'cannot be read: its key is missing or out of reach'],
  ] as const)('session %o', (session, line) => {
    const text = presentStatus({ ...RESULT, session, storage: 'keyring', agent: { state: 'stopped' } }, colourless, NOW, HOME);
    const storage = 'keyring (encrypted, the key in the OS keyring)';
    expect(text).toContain(`Session  ${line}\nStorage  ${storage}\nAgent    not running; starts when it is needed`);
  });

  test('what the edge says', () => {
    const check = { verdict: 'unverified', reason: 'it is offline', code: 'network' } as const;
    const result: StatusResult = { ...RESULT, unknownScope: true, agent: { state: 'busy' }, check };
    const text = presentStatus(result, colourless, NOW, HOME);
    expect(text).toContain('Checked  unverified: it is offline');
    expect(text).toContain('acme  (the default org)  not among your orgs');
    fits('beamd:status', statusJson(result));
  });

  test.each([
    [-61, '1 min behind edge.example.com'],
    [600, '10 min ahead of edge.example.com'],
    [-7_200, '2 h behind edge.example.com'],
    [31_536_000, '365 days ahead of edge.example.com'],
  ])('a clock that is %i s off', (clockSkew, line) => {
    const result: StatusResult = { ...RESULT, check: { verdict: 'valid', clockSkew } };
    expect(presentStatus(result, colourless, NOW, HOME)).toContain(`Checked  valid\nClock    ${line}`);
    expect(fits('beamd:status', statusJson(result))).toMatchObject({ check: { verdict: 'valid', clock_skew: clockSkew } });
  });

  test('where the session goes besides the server', () => {
    const result = { ...RESULT, controlPlane: 'plane.example.org', issuer: 'https://sso.example.com/realms/main' };
    expect(presentStatus(result, colourless, NOW, HOME)).toContain(
      'User     alice\nControl  plane.example.org  (the control plane)\nIssuer   https://sso.example.com/realms/main\nSession  valid',
    );
    expect(fits('beamd:status', statusJson(result))).toMatchObject({
      control_plane: 'plane.example.org',
      issuer: 'https://sso.example.com/realms/main',
    });
  });

  test('a token that is no account', () => {
    const result: StatusResult = {
      server: EDGE,
      serverSource: { kind: 'app-config', path: '/app.yaml' },
      unknownScope: false,
      token: 'app_config',
      session: { state: 'no_expiry' },
      agent: { state: 'stopped' },
    };
    expect(presentStatus(result, colourless, NOW, HOME)).toBe(
      'Server   edge.example.com  (--config /app.yaml)\nSession  API key of the --config file',
    );
    fits('beamd:status', statusJson(result));
  });

  test('of the agent', () => {
    const place = { socket: '/agents/edge.example.com.sock', origins: ['https://edge.example.com'] };
    const running = { server: EDGE, agent: { state: 'running', status: AGENT }, ...place } as const;
    expect(agent.presentAgentStatus({ server: EDGE, agent: { state: 'busy' } }, colourless, NOW)).toBe(
      'edge.example.com: running, but does not answer',
    );
    fits('beamd:agent:status', agent.agentStatusJson(running));
    const started = { server: EDGE, info: AGENT, already: true, ...place };
    expect(agent.presentAgentStart(started, colourless)).toBe('The agent of edge.example.com is already running (pid 42)');
    fits('beamd:agent:start', agent.agentStartJson(started));
    expect(agent.presentAgentStop({ server: EDGE, stopped: false }, colourless)).toBe(
      'The agent of edge.example.com was not running',
    );
    fits('beamd:agent:stop', agent.agentStopJson({ server: EDGE, stopped: true }));
    const log = { server: EDGE, path: '/log', lines: ['one\u001b[2J', 'two'] };
    expect(agent.presentAgentLog(log, colourless)).toBe('one[2J\ntwo');
    fits('beamd:agent:log', agent.agentLogJson(log));
    const time = '2026-01-01T00:00:00.000Z';
    const lines = [`${time} connection refused reason=made room more=3`, 'two'];
    expect(agent.presentAgentLog({ ...log, lines }, colour)).toBe(
      `\u001b[2m${time}\u001b[22m \u001b[31mconnection refused reason=made room more=3\u001b[39m\ntwo`,
    );
    const values = agent.agentLogLinesJson({ ...log, lines });
    expect(values).toEqual([
      { server: EDGE, time, event: 'connection refused', detail: { reason: 'made room', more: 3 } },
      { server: EDGE, event: 'two', detail: {} },
    ]);
    for (const value of values) expect(v.parse(lineSchemas['beamd:agent:log'], value)).toEqual(value);
  });
});

test('whoami', () => {
  const result = { server: EDGE, source: 'account', user: 'alice', scope: 'acme', role: 'admin', selfHosted: false } as const;
  expect(presentWhoami(result, colourless)).toBe('alice on edge.example.com for acme (admin)');
  expect(presentWhoami({ server: EDGE, source: 'account', selfHosted: true }, colourless)).toBe(
    'A token on edge.example.com (self-hosted)',
  );
  fits('beamd:whoami', whoamiJson(result));
});

test('check', () => {
  const workspace = { slug: 'acme', name: 'Acme Inc.', provisioned: false, exampleUrl: 'https://x.acme.example.com' };
  const result = { path: 'app.yaml', server: EDGE, workspace };
  expect(presentCheck(result, colourless)).toBe(
    [
      '✓ app.yaml: the key is valid for acme (Acme Inc.) on edge.example.com',
      '! The org is not provisioned yet',
      'Example: https://x.acme.example.com',
    ].join('\n'),
  );
  const session = { path: 'app.yaml', server: EDGE, session: { user: 'alice', scope: 'acme', scopes: [{ slug: 'acme' }] } };
  expect(presentCheck(session, colourless)).toBe('✓ app.yaml: the token acts for alice, acme on edge.example.com');
  expect(presentCheck({ ...session, byAgent: true, session: { scopes: [] } }, colourless)).toBe(
    '✓ app.yaml: its agent acts for a session on edge.example.com',
  );
  fits('beamd:check', checkJson(session));
  const unchecked = { path: 'app.yaml', server: EDGE };
  expect(presentCheck(unchecked, colourless)).toBe('app.yaml: edge.example.com is self-hosted; the key was not checked');
  fits('beamd:check', checkJson(result));
  expect(fits('beamd:check', checkJson(unchecked))).toEqual({ config: 'app.yaml', server: EDGE, checked: false });
});

test('link and token', () => {
  const result = { path: '/repo/.beamd', server: EDGE, scope: 'acme', local: false };
  expect(presentLink(result, colourless)).toBe(
    '✓ Wrote /repo/.beamd: this project uses edge.example.com and org acme\nIt holds no secret: commit it\n' +
      'To check it, here and in CI\nRun: beamd pin check',
  );
  fits('beamd:link', linkJson(result));
  const personal = { path: '/repo/.beamd', server: EDGE, unpinned: 'alice', local: false };
  expect(presentLink(personal, colourless)).toBe(
    '✓ Wrote /repo/.beamd: this project uses edge.example.com\nIt holds no secret: commit it\n' +
      'alice is your personal org and was not written. To pin an org\nRun: beamd link --scope ORG\n' +
      'To check it, here and in CI\nRun: beamd pin check',
  );
  const local = { ...result, local: true, ignored: { status: 'now', path: '/repo/.gitignore' } } as const;
  expect(presentLink(local, colourless)).toContain('It is yours alone: added to /repo/.gitignore');
  for (const each of [personal, local]) fits('beamd:link', linkJson(each));
  const secret = randomBytes(12).toString('hex');
  const grant = { accessToken: new Secret(secret), server: EDGE, scope: 'acme', expiresAt: AT };
  expect(fits('beamd:token', tokenJson(grant))).toEqual({
    access_token: secret,
    server: EDGE,
    scope: 'acme',
    expires_at: '2027-01-15T08:00:00Z',
  });
});
