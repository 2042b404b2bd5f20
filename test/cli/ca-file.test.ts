/** `login --ca-file`: a CA of the account's own, for its servers alone, wherever its session is used; and `--insecure`. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { startBeamAuthEdge, startRunbeamCloud, startSelfHostedEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { createAccountStore } from '../../src/store/accounts/account-store.ts';
import { systemClock } from '../../src/clock.ts';
import { accountFile } from '../../src/store/paths.ts';
import { parseServer } from '../../src/store/server.ts';
import { makeCertificate, type TestCertificate } from '../support/certificate.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { writeConfig, writeText } from '../support/files.ts';
import { expireSession, succeeded } from '../support/login.ts';

const keep = cleanup();
let user: CliUser;
let ours: TestCertificate;
let theirs: TestCertificate;

beforeEach(({ skip }) => {
  user = keep(createCliUser());
  const made = [makeCertificate(user.root, 'ours'), makeCertificate(user.root, 'theirs')];
  if (made[0] === undefined || made[1] === undefined) return skip();
  [ours, theirs] = [made[0], made[1]];
});

const secureEdge = async (tls: TestCertificate, more = {}): Promise<BeamAuthEdge> =>
  keep(await startBeamAuthEdge({ tls, autoApprove: true, ...more }));
const login = (edge: { readonly origin: string }, ...args: string[]) => user.beamd('login', '--server', edge.origin, ...args);
const hostOf = (edge: { readonly port: number }): string => `127.0.0.1:${edge.port}`;
const fileOf = ({ origin }: { readonly origin: string }): string => accountFile(user.homes, parseServer(origin).key);
const untrusted = (host: string, hint: string, code = 'DEPTH_ZERO_SELF_SIGNED_CERT') =>
  `Error: The certificate of ${host} is not trusted (${code})\n${hint}\n`;

describe('an edge', () => {
  test('is trusted by all that its session goes through, and its file may go', async () => {
    const edge = await secureEdge(ours);
    const again = `Run: beamd login --server ${hostOf(edge)} --ca-file FILE`;
    expect(await login(edge)).toEqual({ code: 5, stdout: '', stderr: untrusted(hostOf(edge), again) });
    succeeded(await login(edge, '--ca-file', ours.file));
    rmSync(ours.file);
    expect(readFileSync(fileOf(edge), 'utf8')).toContain(`ca: |-\n  ${ours.cert.trim().replaceAll('\n', '\n  ')}\n`);
    await expireSession(user, edge);
    succeeded(await user.beamd('token'));
    expect(edge.counters.refreshes).toBe(1);
    succeeded(await user.beamd('orgs', '--refresh'));
    expect(succeeded(await user.beamd('status', '--check')).stdout).toMatch(/^Trust {4}a CA of its own, beside the usual ones$/m);
    const known = JSON.parse(succeeded(await user.beamd('status', '--json')).stdout) as Readonly<Record<string, unknown>>;
    expect([known['own_ca'], known['insecure']]).toEqual([true, undefined]);
    await expireSession(user, edge);
    succeeded(await user.run('beamd', ['token'], { env: { BEAMD_NO_AGENT: '1' } }));
    const { stdout } = await user.beamd('doctor');
    expect(stdout).toContain(`${hostOf(edge)} answers`);
    // A login anew, as the hint of a session that has ended says it, and joined and resumed ones keep it.
    succeeded(await login(edge));
    const begun = succeeded(await login(edge, '--no-wait', '--json'));
    succeeded(await user.beamd('login', '--resume', (JSON.parse(begun.stdout) as { readonly id: string }).id));
    succeeded(await user.beamd('logout'));
    expect(edge.liveSessions()).toBe(0);
  });

  test('no other server of the same user is trusted with it', async () => {
    const [edge, other] = [await secureEdge(ours), await secureEdge(ours)];
    succeeded(await login(edge, '--ca-file', ours.file));
    expect(await login(other)).toMatchObject({ code: 5 });
    expect(other.counters.requests).toEqual({});
  });

  test('a CA that was changed, and one that is given up', async () => {
    const edge = await secureEdge(ours);
    succeeded(await login(edge, '--ca-file', ours.file));
    await edge.close();
    const renewed = keep(await startBeamAuthEdge({ tls: theirs, autoApprove: true, port: edge.port }));
    await expireSession(user, edge);
    const hint = `Run: beamd login --server ${hostOf(edge)} --ca-file FILE`;
    expect(await login(renewed)).toEqual({ code: 5, stdout: '', stderr: untrusted(hostOf(edge), hint) });
    expect(await user.beamd('token')).toMatchObject({ code: 5, stderr: untrusted(hostOf(edge), hint) });
    succeeded(await login(renewed, '--ca-file', theirs.file));
    succeeded(await login(renewed));
    expect(await login(renewed, '--no-ca')).toEqual({ code: 5, stdout: '', stderr: untrusted(hostOf(edge), hint) });
  });

  test('a certificate that has expired', async () => {
    const old = makeCertificate(user.root, 'old', -1);
    if (old === undefined) throw new Error('no certificate');
    const edge = await secureEdge(old);
    expect(await login(edge, '--ca-file', ours.file)).toEqual({
      code: 5,
      stdout: '',
      stderr: untrusted(hostOf(edge), `Run: beamd login --server ${hostOf(edge)} --ca-file FILE`, 'CERT_HAS_EXPIRED'),
    });
    const { code, stderr } = await login(edge, '--ca-file', old.file);
    expect([code, stderr.replace(/\(\d{4}-\d\d-\d\d \d\d:\d\d\)/, '(TIME)')]).toEqual([
      2,
      `Error: ${old.file} holds no certificate that is still valid: it ended 1 day ago (TIME)\nHint: Give the CA that came after it\n`,
    ]);
    expect(edge.counters.requests).toEqual({});
    const other = await secureEdge(ours);
    succeeded(await login(other, '--ca-file', ours.file));
    const indented = (pem: string): string => pem.trim().replaceAll('\n', '\n  ');
    writeFileSync(fileOf(other), readFileSync(fileOf(other), 'utf8').replace(indented(ours.cert), indented(old.cert)));
    expect((await user.beamd('doctor', '--offline')).stdout).toMatch(
      new RegExp(
        `alice@example\\.com on ${hostOf(other)}: the CA of its own ended .+\n +Run: beamd login --server ${hostOf(other)} --ca-file FILE\n`,
      ),
    );
  });

  test('a static token is checked with it', async () => {
    const edge = keep(await startSelfHostedEdge({ tls: ours }));
    const token = ['--token', '-', '--ca-file', ours.file];
    const given = { stdin: `${edge.token}\n` };
    succeeded(await user.run('beamd', ['login', '--server', edge.origin, ...token], given));
    expect((await createAccountStore({ homes: user.homes, clock: systemClock, env: {} }).list()).accounts).toMatchObject([
      { kind: 'token', ca: ours.cert.trim() },
    ]);
  });
});

test('what is no CA is refused before anybody is asked', async () => {
  const edge = await secureEdge(ours);
  const files = {
    'key.pem': `${ours.cert}${ours.key}`,
    'empty.pem': 'hello\n',
    'broken.pem': `${ours.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    'many.pem': ours.cert.repeat(100),
  };
  for (const [name, text] of Object.entries(files)) writeText(user, name, text);
  const said = {
    'key.pem': 'holds a private key, which is not for a list of CAs\nHint: Give a file with the certificates alone',
    'empty.pem': 'holds no certificate in PEM form\nHint: A PEM file has lines that say BEGIN CERTIFICATE',
    'broken.pem': 'holds a certificate that cannot be read, the second\nHint: A PEM file has lines that say BEGIN CERTIFICATE',
    'many.pem': 'holds more than 32 KiB of certificates\nHint: Give those of your CA alone',
  };
  for (const [name, text] of Object.entries(said)) {
    expect(await login(edge, '--ca-file', name)).toEqual({ code: 2, stdout: '', stderr: `Error: ${name} ${text}\n` });
  }
  expect(await login(edge, '--ca-file', 'none.pem')).toMatchObject({
    stderr: 'Error: There is no file none.pem\nRun: ls -ld .\n',
  });
  expect((await login(edge, '--ca-file', ours.file, '--insecure')).code).toBe(2);
  expect(edge.counters.requests).toEqual({});
});

test('Runbeam Cloud: a login in a browser, with a token, and the work of the agent', async () => {
  const cloud = keep(await startRunbeamCloud({ tls: ours, autoApprove: true }));
  const runbeam = (...args: string[]) => user.run('runbeam', args, { env: { RUNBEAM_API_URL: cloud.origin } });
  const hint = 'Run: runbeam login --ca-file FILE';
  expect(await runbeam('login')).toMatchObject({ code: 5, stderr: untrusted(hostOf(cloud), hint) });
  succeeded(await runbeam('login', '--ca-file', ours.file));
  succeeded(await runbeam('gateways:list'));
  succeeded(await runbeam('token:get', '-g', 'gw-1', '--new'));
  succeeded(await runbeam('verify'));
  succeeded(await runbeam('login'));
  succeeded(await runbeam('logout'));
});

test('a --config file has a `ca_file` of its own', async () => {
  const edge = await secureEdge(ours);
  const config = (more: object) => writeConfig(user, 'app.yaml', { server: edge.origin, token: edge.apiKey, ...more });
  config({});
  const host = hostOf(edge);
  const check = ['--config', 'app.yaml'];
  const path = `${user.work}/app.yaml`;
  expect(await user.beamd(...check)).toEqual({
    code: 5,
    stdout: '',
    stderr: untrusted(host, `Hint: Put the file of its CA into ${path}: \`ca_file: FILE\``),
  });
  config({ ca_file: '../../ours.pem' });
  succeeded(await user.beamd(...check));
  config({ ca_file: 'none.pem' });
  expect(await user.beamd(...check)).toMatchObject({
    stderr: expect.stringContaining(`Cannot read the CA file ${user.work}/none.pem (ENOENT)\n`),
  });
});

test('--insecure is said each time, and holds for its host alone', async () => {
  const edge = await secureEdge(ours);
  const warning = `! The certificate of ${hostOf(edge)} is not checked: whoever is on the way there can read and change all\n`;
  const hint = `Run: beamd login --server ${hostOf(edge)} --ca-file FILE\n`;
  const first = succeeded(await login(edge, '--insecure'));
  expect(first.stderr.startsWith(warning + hint)).toBe(true);
  expect(succeeded(await user.beamd('token')).stderr).toBe(warning + hint);
  expect(succeeded(await user.beamd('status', '--check')).stderr).toBe(warning + hint);
  expect((await user.beamd('status')).stdout).toMatch(/^Trust {4}its certificate is not checked$/m);
  expect(JSON.parse((await user.beamd('status', '--json')).stdout)).toMatchObject({ insecure: true });
  writeConfig(user, 'app.yaml', { server: edge.origin, token: edge.apiKey, insecure_skip_verify: true });
  expect(succeeded(await user.beamd('--config', 'app.yaml')).stderr).toBe(
    `${warning}Hint: A config file can name a CA in place of \`insecure_skip_verify\`: \`ca_file: FILE\`\n`,
  );
});
