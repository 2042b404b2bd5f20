import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { AuthorizeOutcome, Upload } from '../../../services/runbeam/authorize.ts';
import type { Verified } from '../../../services/runbeam/verify.ts';
import { BeamError } from '../../../errors.ts';
import { Secret } from '../../../secret.ts';
import { machineTokenJson, type MachineToken } from '../../../store/instances/machine-token.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { authorizeSchema, machineTokenSchema } from '../../json/runbeam/authorize.ts';
import { harmonyPipelinesSchema } from '../../json/runbeam/gateway.ts';
import { instanceListSchema, keySchema } from '../../json/runbeam/instances.ts';
import { verifySchema } from '../../json/runbeam/session.ts';
import { createStyle } from '../../output/style.ts';
import { authorizeJson, presentAuthorized, presentToken, presentUpload } from './authorize.ts';
import { presentBrowser, presentCommands, presentSetting } from './basic.ts';
import {
  pipelinesJson,
  presentInfo,
  presentPipelines,
  presentReload,
  presentRoutes,
  presentUpdate,
  reloadJson,
  updateJson,
} from './gateway.ts';
import { gatewayListJson, presentGateways } from './gateways.ts';
import { keyJson, presentKey, presentRemoved } from './instances.ts';
import type { GatewayInfo } from '../../../services/runbeam/gateways/gateway.ts';
import type { GatewayStatus } from '../../../services/runbeam/gateways/list-gateways.ts';
import { presentRunbeamLogout, presentVerified, verifyJson } from './session.ts';

const colourless = createStyle(false);
/** Twelve days before what expires here. */
const NOW = Date.parse('2026-12-09T09:00:00Z');
const colour = createStyle(true);
const INSTANCE: Instance = { id: '1a2b3c4d', ip: '::1', port: 8081, label: 'ga\u001bte', pathPrefix: 'admin', gatewayId: 'gw1' };
const other: Instance = { id: 'ffffffff', ip: '10.0.0.5', port: 443, label: 'production', pathPrefix: '' };
const secret = new Secret(randomBytes(16).toString('hex'));
const TOKEN: MachineToken = { machineToken: secret, expiresAt: '2026-12-21T10:00:00Z', gatewayId: 'gw1', abilities: ['a', 'b'] };

const result = {
  gateway: { id: 'gw1', code: '1a2b3c4d', name: 'Gate\u202e' },
  expiresAt: '2026-12-21T10:00:00Z',
  abilities: ['a', 'b'],
  authorizedBy: { name: 'Alice', email: 'alice@example.com' },
  via: 'cloud',
  delivered: true,
} as const;
const OUTCOME: AuthorizeOutcome = { instance: INSTANCE, result, upload: { status: 'done', configSize: 42 } };
const FAILED: AuthorizeOutcome = {
  instance: INSTANCE,
  result: { ...result, via: 'cloud', delivered: false, problem: { message: 'It is off', hint: 'Turn it on' } },
  upload: { status: 'skipped', asked: false },
};

describe('an authorization', () => {
  it('is told in lines', () => {
    expect(presentAuthorized(OUTCOME, colourless, NOW)).toBe(
      `✓ Authorized gate
gateway        Gate (gw1)
code           1a2b3c4d
authorized by  Alice <alice@example.com>
expires        in 13 days (2026-12-21 10:00)
abilities      a, b
via            Runbeam Cloud
key            the gateway's own
The gateway took the token. Whether its Runbeam integration is on shows when it uploads its configuration`,
    );
  });

  it('says that a key was sent, and what it takes then', () => {
    expect(presentAuthorized({ ...OUTCOME, result: { ...result, keySent: true } }, colourless, NOW)).toContain(
      "key            the instance's, sent; the gateway keeps it in memory and needs it as RUNBEAM_ENCRYPTION_KEY after a restart\n",
    );
  });

  it('is followed by what became of the upload', () => {
    const later = 'The configuration was not uploaded\nRun: runbeam harmony:update -l gate';
    const told = (upload: Upload): string => presentUpload(INSTANCE, upload, colourless);
    expect(told({ status: 'done', configSize: 42 })).toBe('✓ Uploaded the configuration (42 bytes)');
    expect([told({ status: 'skipped', asked: false }), told({ status: 'skipped', asked: true })]).toEqual(['', later]);
  });

  it('that did not arrive says what to do next', () => {
    expect(presentAuthorized(FAILED, colourless, NOW)).toBe(
      `! A machine token was issued for gate, but the gateway does not have it
gateway        Gate (gw1)
code           1a2b3c4d
authorized by  Alice <alice@example.com>
expires        in 13 days (2026-12-21 10:00)
abilities      a, b
via            Runbeam Cloud
problem        It is off
help           Turn it on
Run: runbeam harmony:authorize --id 1a2b3c4d --retry`,
    );
  });

  it('is coloured on a terminal', () => {
    expect(presentAuthorized(OUTCOME, colour, NOW).split('\n')[0]).toBe(
      '\u001b[32m✓\u001b[39m Authorized \u001b[1mgate\u001b[22m',
    );
  });

  it('has one JSON shape', () => {
    for (const outcome of [OUTCOME, FAILED]) {
      const json = authorizeJson(outcome);
      expect(v.parse(authorizeSchema, json)).toEqual(json);
    }
    expect(authorizeJson(FAILED)).toMatchObject({
      delivered: false,
      problem: { message: 'It is off' },
      upload: { status: 'skipped' },
    });
  });

  it('whose upload failed says why', () => {
    const upload = { status: 'failed', problem: new BeamError('network', 'Gone', { hint: { text: 'Look' } }) } as const;
    expect(presentUpload(INSTANCE, upload, colourless)).toBe('✗ The configuration was not uploaded: Gone\nHint: Look');
  });
});

describe('a machine token', () => {
  it('is summed up without itself', () => {
    const text = presentToken({ token: TOKEN, source: 'stored', kept: true }, colourless, NOW);
    expect(text).toBe(
      `gateway    gw1
expires    in 13 days (2026-12-21 10:00)
abilities  a, b
source     stored by an earlier authorization
The token itself is printed with --raw`,
    );
    expect(text).not.toContain(secret.reveal());
  });

  it('is JSON for RUNBEAM_MACHINE_TOKEN', () => {
    const json = machineTokenJson({ ...TOKEN, gatewayCode: 'c', issuedAt: '2026-11-21T10:00:00Z' });
    expect(v.parse(machineTokenSchema, json)).toEqual({
      machine_token: secret.reveal(),
      expires_at: '2026-12-21T10:00:00Z',
      gateway_id: 'gw1',
      gateway_code: 'c',
      abilities: ['a', 'b'],
      issued_at: '2026-11-21T10:00:00Z',
    });
  });
});

describe('instances', () => {
  const gateways: readonly GatewayStatus[] = [
    {
      instance: INSTANCE,
      url: 'http://[::1]:8081/admin',
      token: 'stored',
      authorizedUntil: '2026-12-21T10:00:00Z',
      keyConfigured: true,
      renew: 'auto',
      seen: { at: '2026-12-09T07:00:00Z', version: '0.12.0' },
    },
    { instance: other, url: 'https://10.0.0.5:443', token: 'undelivered', keyConfigured: false },
    {
      instance: { ...other, id: '00000000', label: 'over' },
      token: 'stored',
      authorizedUntil: '2026-12-07T08:00:00Z',
      keyConfigured: false,
    },
  ];

  it('are a table', () => {
    expect(presentGateways(gateways, colourless, NOW)).toBe(
      `LABEL       ADDRESS                  LAST SEEN  AUTHORIZED             KEY    ID
gate        http://[::1]:8081/admin  2 h ago    ends in 13 days, auto  given  1a2b3c4d
production  https://10.0.0.5:443     -          not delivered          -      ffffffff
over        10.0.0.5 port 443        -          ended 2 days ago       -      00000000`,
    );
    expect(presentGateways([], colourless, NOW)).toBe('No gateway is registered\nRun: runbeam harmony:add -l LABEL');
  });

  it('say which answered and why one did not', () => {
    const problem = new BeamError('network', 'Cannot reach 10.0.0.5:443: nothing listens there');
    const info = { version: '0.12.0', uptime: 7, os: 'linux', arch: 'x86_64' };
    const [first, second] = gateways.map((each, index) => ({ ...each, check: index === 0 ? { info } : { problem } }));
    const both = [first, second].filter((each) => each !== undefined);
    expect(presentGateways(both, colourless, NOW)).toBe(
      `LABEL       ADDRESS                  ANSWERS  AUTHORIZED             KEY    ID
gate        http://[::1]:8081/admin  0.12.0   ends in 13 days, auto  given  1a2b3c4d
production  https://10.0.0.5:443     no       not delivered          -      ffffffff
! production: Cannot reach 10.0.0.5:443: nothing listens there`,
    );
    expect(gatewayListJson(both).instances.map(({ answers, version, problem: said }) => [answers, version, said])).toEqual([
      [true, '0.12.0', undefined],
      [false, undefined, { code: 'network', message: 'Cannot reach 10.0.0.5:443: nothing listens there' }],
    ]);
  });

  it('have one JSON shape', () => {
    const json = gatewayListJson(gateways);
    expect(v.parse(instanceListSchema, json)).toEqual(json);
    expect(json.instances[1]).toEqual({
      id: 'ffffffff',
      ip: '10.0.0.5',
      port: 443,
      label: 'production',
      path_prefix: '',
      url: 'https://10.0.0.5:443',
      token: 'undelivered',
      key_configured: false,
    });
  });

  it('keep their folder when they are removed', () => {
    const removed = { id: other.id, instance: other, kept: [], purged: [] } as const;
    expect(presentRemoved(removed, colourless)).toBe('✓ Removed production (ffffffff)');
    expect(presentRemoved({ ...removed, kept: ['key', 'token'] }, colourless)).toBe(
      '✓ Removed production (ffffffff)\n' +
        'Still here: its key, its machine token\nRun: runbeam harmony:remove --id ffffffff --purge',
    );
    expect(presentRemoved({ id: 'abc', kept: [], purged: ['key'] }, colourless)).toBe('✓ Removed abc\nRemoved with it: its key');
  });

  it('show the public half of a key, and the secret only when it is there', () => {
    const key = { instance: other, recipient: 'age1x', source: 'file' } as const;
    expect(presentKey(key, colourless)).toBe('instance   production (ffffffff)\nrecipient  age1x\nsource     key file');
    expect(presentKey({ ...key, secret }, colourless)).toContain(`secret     ${secret.reveal()}`);
    expect(v.parse(keySchema, keyJson({ ...key, secret })).secret).toBe(secret.reveal());
    expect(Object.keys(keyJson(key))).toEqual(['instance', 'recipient', 'source']);
  });
});

describe('a gateway', () => {
  const from = <T>(answer: T): { instance: Instance; answer: T } => ({ instance: other, answer });
  const info = (said: { version: string; uptime: string | number }): GatewayInfo => ({
    ...from({ ...said, os: 'linux', arch: 'arm64' }),
    known: { instance: other, token: 'stored', authorizedUntil: '2026-12-21T10:00:00Z', keyConfigured: false },
  });

  it.each([
    [0, '0s'],
    [59.9, '59s'],
    [60, '1m'],
    [90_061, '1d 1h 1m'],
    ['3 days', '3 days'],
  ])('says that it is up for %j', (uptime, shown) => {
    expect(presentInfo(info({ version: '1.0', uptime }), colourless, NOW)).toBe(
      `instance       production (ffffffff)
version        1.0
uptime         ${shown}
os             linux
arch           arm64
machine token  ends in 13 days (2026-12-21 10:00)`,
    );
  });

  it.each([1_795_000_000, '1795000000'])('does not call the time of day a duration: %j', (uptime) => {
    expect(presentInfo(info({ version: '0.12.0', uptime }), colourless, NOW)).not.toContain('uptime');
  });

  it('has its middleware on two sides since 0.12', () => {
    const pipeline = { id: 'p', description: '', networks: [], endpoints: [], backends: [], middleware: [] };
    const answer = [{ ...pipeline, middleware_left: ['auth'], middleware_right: ['log', 'trim'] }];
    expect(presentPipelines(from(answer), colourless)).toBe(
      'ID  DESCRIPTION  NETWORKS  ENDPOINTS  BACKENDS  MIDDLEWARE LEFT  MIDDLEWARE RIGHT\n' +
        'p                -         -          -         auth             log,trim',
    );
    expect(v.parse(harmonyPipelinesSchema, pipelinesJson(from(answer))).pipelines).toEqual(answer);
  });

  it('lists pipelines and routes', () => {
    const pipeline = { id: 'p', description: 'd', networks: ['n'], endpoints: ['e', 'f'], backends: [], middleware: ['m'] };
    expect(presentPipelines(from([pipeline]), colourless)).toBe(
      `ID  DESCRIPTION  NETWORKS  ENDPOINTS  BACKENDS  MIDDLEWARE
p   d            n         e,f        -         m`,
    );
    const route = {
      path: '/x',
      methods: ['GET', 'PUT'],
      description: '',
      endpoint_name: 'e',
      service_type: 'http',
      pipeline: 'p',
    };
    expect(presentRoutes(from([route]), colourless)).toBe(
      `PATH  METHODS  ENDPOINT  TYPE  PIPELINE  DESCRIPTION
/x    GET,PUT  e         http  p`,
    );
    expect([presentPipelines(from([]), colourless), presentRoutes(from([]), colourless)]).toEqual([
      'This gateway has no pipelines',
      'This gateway has no routes',
    ]);
  });

  it('reloads and uploads', () => {
    expect(presentReload(from({ message: 'ok\u0007' }), colourless)).toBe('✓ Reloaded production\nok');
    const diff = { zero_downtime_changes: ['routes'], adapter_restarts_required: ['http\u0007'] };
    expect(presentReload(from({ diff, restarted_networks: [] }), colourless)).toBe(
      '✓ Reloaded production\nIn force without a restart: routes\nA restart is needed for: http',
    );
    expect(reloadJson(from({ diff, restarted_networks: [] }))).toEqual({ reloaded: true, ...diff, restarted_networks: [] });
    expect(presentUpdate(from({ config_size: 7 }), colourless)).toBe('✓ Uploaded the configuration of production (7 bytes)');
    expect(reloadJson(from({}))).toEqual({ reloaded: true });
    expect(updateJson(from({ config_size: 7, message: 'm' }))).toEqual({ updated: true, config_size: 7, message: 'm' });
  });
});

describe('a session', () => {
  const base: Verified = {
    status: 'valid',
    kind: 'jwt',
    as: 'login',
    bySecret: false,
    title: 'the login of alice',
    passedOver: [],
    again: { command: 'runbeam login' },
    server: 'api.runbeam.io',
  };

  it('is valid, rejected or unverified', () => {
    expect(presentVerified({ ...base, user: 'alice', team: 'Clinic', expiresAt: 1_797_847_200 }, colourless, NOW)).toBe(
      `✓ The session is valid
server   api.runbeam.io
acts as  the login of alice
user     alice
team     Clinic
kind     JWT, checked against the keys of its issuer
expires  in 13 days (2026-12-21 10:00)`,
    );
    const head = (status: Verified['status']): string | undefined =>
      presentVerified({ ...base, status }, colourless, NOW).split('\n')[0];
    expect([head('rejected'), head('unverified')]).toEqual([
      '✗ The session was rejected',
      '! The session could not be verified just now; it is not known to be bad',
    ]);
    const late = { ...base, status: 'rejected', reason: 'it expired', clockSkew: 90 } as const;
    expect(presentVerified(late, colourless, NOW)).toContain(
      'reason   it expired\nclock    2 min ahead of api.runbeam.io\nRun: runbeam login',
    );
    const other = { ...base, status: 'rejected', failedCheck: 'format', reason: 'it is no JWT' } as const;
    expect(presentVerified(other, colourless, NOW)).toContain('kind     neither a JWT nor an opaque token\nfailed   format\n');
    expect(v.parse(verifySchema, verifyJson(late))).toMatchObject({ status: 'rejected', clock_skew: 90 });
    const json = verifyJson({ ...base, status: 'unverified', reason: 'offline' });
    expect(v.parse(verifySchema, json)).toEqual({
      status: 'unverified',
      kind: 'jwt',
      server: 'api.runbeam.io',
      acts_as: { kind: 'login', title: 'the login of alice' },
      passed_over: [],
      reason: 'offline',
    });
  });

  it.each([
    ['revoked', 'The session was revoked'],
    ['none', 'There was no session left to revoke'],
    ['unsupported', 'Runbeam Cloud offers no revocation here: the session lives until it is revoked there'],
    ['unreadable', 'Its secret could not be read to revoke the session, which lives on there'],
    ['unreachable', 'The server could not be asked to revoke the session: it lives until it is revoked there'],
  ] as const)('that ended: %s', (session, line) => {
    const ended = { server: 'api.runbeam.io', session, kind: 'session', agentStopped: false } as const;
    expect(presentRunbeamLogout(ended, colourless, NOW)).toBe(`✓ Logged out of Runbeam Cloud at api.runbeam.io\n${line}`);
    expect(presentRunbeamLogout({ ...ended, keyring: 'deleted' }, colourless, NOW)).toBe(
      `✓ Logged out of Runbeam Cloud at api.runbeam.io\n${line}\nIts key was deleted from the OS keyring`,
    );
  });
});

it('shows settings, commands and the browser', () => {
  expect(presentSetting({ key: 'api_url', value: 'https://x', source: 'env' }, colourless)).toBe(
    'api_url = https://x (RUNBEAM_API_URL)',
  );
  expect(presentCommands([{ id: 'login', summary: 'Log in' }], colourless)).toBe('COMMAND  DESCRIPTION\nlogin    Log in');
  expect(presentBrowser({ url: 'https://x', opened: false }, colourless)).toBe(
    '! No browser could be opened. The address is https://x',
  );
});
