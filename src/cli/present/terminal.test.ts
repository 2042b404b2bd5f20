/** Every presenter with text of others in every place that can hold it: nothing that a terminal would act on comes out. */
import type { ShownLogin } from '../../auth/dialect/dialect.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BeamError } from '../../errors.ts';
import type { Resource } from '../../runbeam/cloud/resources.ts';
import type { Account } from '../../store/accounts/account.ts';
import type { Instance } from '../../store/instances/instances.ts';
import type { MachineToken } from '../../store/instances/machine-token.ts';
import type { Finding } from '../../services/doctor/report/finding.ts';
import { host, path, say } from '../../services/doctor/report/text.ts';
import { Secret } from '../../secret.ts';
import { createStyle, type Style } from '../output/style.ts';
import { presentAccounts, presentSwitch } from './accounts.ts';
import { presentAgentLog } from './agent/agent.ts';
import { presentDevice } from './login/device.ts';
import { presentDoctor, presentFinding, presentPinCheck } from './doctor.ts';
import { presentBegunLogin, presentLogin } from './login/login.ts';
import { presentLogout } from './login/logout.ts';
import { presentDefault, presentOrgs } from './orgs.ts';
import { presentLink, presentUnlink } from './project.ts';
import { presentSetup } from './setup.ts';
import { presentDocker } from './credential.ts';
import { presentAuthorized, presentToken, presentUpload } from './runbeam/authorize.ts';
import { presentSetting } from './runbeam/basic.ts';
import { presentExport, presentPut } from './runbeam/export.ts';
import { presentInfo, presentPipelines, presentReload, presentRoutes, presentUpdate } from './runbeam/gateway.ts';
import { presentGateways, presentStatus as presentGatewayStatus } from './runbeam/gateways.ts';
import { presentAdded } from './runbeam/registered.ts';
import { presentKey, presentKeyDeleted, presentRemoved } from './runbeam/instances.ts';
import {
  presentAcknowledged,
  presentChange,
  presentConfig,
  presentListed,
  presentOutcome,
  presentResolution,
  presentResource,
} from './runbeam/resources.ts';
import type { GatewayStatus } from '../../services/runbeam/gateways/list-gateways.ts';
import { presentRotated } from './runbeam/rotation.ts';
import { presentRunbeamLogin } from './runbeam/session.ts';
import { presentStatus } from './status.ts';
import { presentCheck, presentWhoami } from './whoami.ts';
import { presentWhy } from './why.ts';

const server = 'edge.example.com';
const colourless = createStyle(false);
const BAD = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;

const deviceLogin = (t: string): ShownLogin => ({
  userCode: t,
  verificationUri: t,
  verificationUriComplete: `${t}x`,
  expiresIn: 1,
  interval: 1,
});

const account = (t: string): Account => ({
  key: server,
  server,
  provider: 'edge',
  kind: 'session',
  dialect: 'oauth',
  storage: 'age',
  user: t,
  scopes: [{ slug: t, role: t }],
  defaultScope: t,
});
const instance = (t: string): Instance => ({ id: t, ip: t, port: 1, label: t, pathPrefix: t, gatewayId: t });
const token = (t: string): MachineToken => ({
  machineToken: new Secret(t),
  expiresAt: t,
  gatewayId: t,
  gatewayCode: t,
  abilities: [t, t],
});
const status = {
  server,
  serverSource: { kind: 'current' },
  unknownScope: true,
  token: 'account',
  session: { state: 'no_expiry' },
  agent: { state: 'stopped' },
} as const;

const resource = (t: string): Resource => ({ id: t, name: t, created_at: t, methods: [t], settings: { [t]: t }, [t]: t });

const PRESENTERS: Readonly<Record<string, (t: string, style: Style) => string>> = {
  'rotated': (t, style) =>
    presentRotated({ instance: instance(t), state: 'undelivered', recipient: 'age1', previous: 'age1' }, style, 0),
  'list': (t, style) => presentListed({ kind: 'endpoints', items: [resource(t)], more: true }, style, 0),
  'resource': (t, style) => presentResource(resource(t), style, 0),
  'change': (t, style) => presentChange({ ...resource(t), toml_config: t.replaceAll(/[\r\n\t]/g, '') }, style, 0),
  'config': (t) => presentConfig({ ...resource(t), toml_config: t.replaceAll(/[\r\n\t]/g, '') }),
  'acknowledged': (t, style) => presentAcknowledged({ acknowledged: [t], failed: [t] }, style),
  'outcome': (t, style) => presentOutcome({ id: t, status: 'failed' }, style),
  'resolution': (t, style) => presentResolution({ data: resource(t), meta: { provider: t, resolved_at: t } }, style, 0),
  'accounts': (t, style) =>
    presentAccounts(
      { accounts: [{ account: account(t), current: true, login: { state: 'locked' } }], problems: [{ path: t, message: t }] },
      style,
      0,
    ),
  'switch': (t, style) => presentSwitch({ account: account(t), overriddenBy: t }, style),
  'why': (t, style) =>
    presentWhy(
      {
        topics: [
          {
            topic: 'scope',
            value: t,
            candidates: [
              { source: 'project', path: t, line: 1, value: t, state: 'won' },
              { source: 'env', value: t, state: 'passed', reason: t },
              { source: 'current', path: t, value: t, state: 'lost' },
            ],
          },
        ],
      },
      style,
      { user: '/home/alice' },
    ),
  'agent log': (t, style) => presentAgentLog({ server, path: t, lines: [t, `2026-01-01T00:00:00.000Z ${t}`] }, style),
  'device': (t, style) => presentDevice(deviceLogin(t), style),
  'begun login': (t, style) =>
    presentBegunLogin({ id: '0123456789abcdef', server: t, login: deviceLogin(t), expiresAt: 60, resume: t }, style, 0),
  'login': (t, style) => presentLogin({ account: account(t), current: true, replaced: true, check: 'valid' }, style),
  'logout': (t, style) =>
    presentLogout(
      { accounts: [{ server, user: t, session: 'revoked', kind: 'session', agentStopped: true }], undecided: false },
      style,
      0,
    ),
  'orgs': (t, style) =>
    presentOrgs(
      {
        server,
        user: t,
        selfHosted: false,
        scopes: [{ slug: t, role: t }],
        filter: t,
        defaultScope: t,
        staleDefault: true,
        active: t,
      },
      style,
    ),
  'default': (t, style) => presentDefault({ server, defaultScope: t, stale: true, changed: true, asked: 'unset' }, style),
  'link': (t, style) => presentLink({ path: t, server, scope: t, local: true }, style),
  'unlink': (t, style) => presentUnlink({ files: [{ path: t, left: 'rest' }], stays: { path: t, server: t, scope: t } }, style),
  'status': (t, style) =>
    presentStatus(
      { ...status, scope: t, scopeSource: { kind: 'project', path: t }, user: t, check: { verdict: 'rejected', reason: t } },
      style,
      0,
      { user: '/' },
    ),
  'whoami': (t, style) => presentWhoami({ server, source: 'account', user: t, scope: t, role: t, selfHosted: false }, style),
  'check': (t, style) =>
    presentCheck({ path: t, server, workspace: { slug: t, name: `${t}.`, provisioned: false, exampleUrl: t } }, style),
  'authorize': (t, style) =>
    presentAuthorized(
      {
        instance: instance(t),
        result: {
          gateway: { id: t, code: t, name: t },
          expiresAt: t,
          abilities: [t],
          authorizedBy: { name: t, email: t },
          via: 'cloud',
          delivered: false,
          problem: { message: t, hint: t },
        },
      },
      style,
      0,
    ),
  'authorize: upload': (t, style) =>
    presentUpload(instance(t), { status: 'failed', problem: new BeamError('failed', t, { hint: { text: t } }) }, style),
  'authorize: no upload': (t, style) => presentUpload(instance(t), { status: 'skipped', asked: true }, style),
  'token:get': (t, style) => presentToken({ token: token(t), instance: instance(t), source: 'stored', kept: true }, style, 0),
  'setting': (t, style) => presentSetting({ key: 'api_url', value: t, source: 'config' }, style),
  'info': (t, style) =>
    presentInfo({ instance: instance(t), known: gatewayStatus(t), answer: { version: t, uptime: t, os: t, arch: t } }, style, 0),
  'pipelines': (t, style) =>
    presentPipelines(
      {
        instance: instance(t),
        answer: [{ id: t, description: t, networks: [t], endpoints: [t], backends: [t], middleware: [t] }],
      },
      style,
    ),
  'routes': (t, style) =>
    presentRoutes(
      {
        instance: instance(t),
        answer: [{ path: t, methods: [t], description: t, endpoint_name: t, service_type: t, pipeline: t }],
      },
      style,
    ),
  'reload': (t, style) => presentReload({ instance: instance(t), answer: { message: t } }, style),
  'update': (t, style) => presentUpdate({ instance: instance(t), answer: { message: t, config_size: 1 } }, style),
  'added': (t, style) => presentAdded({ instance: instance(t), found: { version: t, takesTokens: true, pathPrefix: t } }, style),
  'removed': (t, style) => presentRemoved({ id: t, instance: instance(t), kept: ['key'], purged: [] }, style),
  'instances': (t, style) => presentGateways([gatewayStatus(t)], style, 0),
  'gateway status': (t, style) => presentGatewayStatus([gatewayStatus(t)], style, 0),
  'export': (t, style) => presentExport({ instance: instance(t), format: 'env', inline: true, text: t, path: t }, style),
  'put': (t, style) => presentPut({ instance: instance(t), target: t, where: t, fields: ['jwt_secret'], written: true }, style),
  'key': (t, style) => presentKey({ instance: instance(t), recipient: 'age1x', source: 'file' }, style),
  'key deleted': (t, style) => presentKeyDeleted(instance(t), style),
  'finding': (t, style) => presentFinding(finding(t), style, 0),
  'doctor': () => presentDoctor({ patient: 'beamd', offline: true, findings: [] }),
  'report': (t) => presentDoctor({ patient: 'beamd', offline: true, findings: [], bundle: t }),
  'setup': (t, style) =>
    presentSetup({ program: 'kube', server, place: t, lines: [t], outcome: 'written', next: 'kubectl config' }, style),
  'credential docker': (t) => presentDocker({ kind: 'credential', serverUrl: t, username: 'work', secret: new Secret('x') }),
  'pin check': (t, style) => presentPinCheck({ verified: false, findings: [finding(t)], exitCode: 0 }, style, 0),
  'cloud login': (t, style) => presentRunbeamLogin({ account: account(t), apiUrl: 'https://api.runbeam.io' }, style, 0),
};

const gatewayStatus = (t: string): GatewayStatus => ({
  instance: instance(t),
  url: t,
  token: 'stored',
  authorizedUntil: t,
  keyConfigured: true,
  seen: { at: t, version: t },
  check: { problem: new BeamError('network', t, { hint: { command: t } }) },
});

const finding = (t: string): Finding => ({
  check: 'x',
  level: 'error',
  message: say`${host(t)} and ${path(t)}`,
  hint: { command: t },
});

const marks = [
  '\u001b[2J',
  '\u009b',
  '\u0007',
  '\r',
  '\n',
  '\b',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u2028',
  '\u00ad',
  '\u{e0041}',
  '\ufe0f',
  '\ud800',
  'text',
  ' ',
];
const evil = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...marks), { maxLength: 200 }).map((all) => all.join('')),
);

test.each(Object.entries(PRESENTERS))('%s', (_, present) => {
  fc.assert(
    fc.property(evil, (text) => {
      expect(present(text, colourless).replaceAll('\n', '')).not.toMatch(BAD);
    }),
    { numRuns: 300 },
  );
  // No text of others makes a line of its own, which could pass for one of ours.
  expect(present('a\nb', colourless).split('\n').length).toBe(present('ab', colourless).split('\n').length);
});
