/** Gateways of every kind: added by address, spoken to as their own settings say, listed from the disk, asked all at once. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'valibot';
import { startHarmony, startRunbeamCloud, type Harmony, type RunbeamCloud } from '../../sandbox/testing.ts';
import { instanceListSchema, registeredSchema } from '../../src/cli/json/runbeam/instances.ts';
import { cleanup } from '../support/cleanup.ts';
import { makeCertificate } from '../support/certificate.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { logInToCloud, succeeded } from '../support/login.ts';

const keep = cleanup(afterAll);
let user: CliUser;
let cloud: RunbeamCloud;
let modern: Harmony;
let old: Harmony;

beforeAll(async () => {
  cloud = keep(await startRunbeamCloud());
  modern = keep(await startHarmony({ version: '0.12', cloud: cloud.origin }));
  old = keep(await startHarmony({ version: '0.4', prefix: 'api/admin', host: '::1' }));
  user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
});

async function added(...words: string[]): Promise<ReturnType<typeof parse<typeof registeredSchema>>> {
  return parse(registeredSchema, JSON.parse(succeeded(await user.runbeam('harmony:add', ...words, '--json')).stdout));
}

async function listed(...words: string[]): Promise<ReturnType<typeof parse<typeof instanceListSchema>>['instances']> {
  return parse(instanceListSchema, JSON.parse(succeeded(await user.runbeam('harmony:list', '--json', ...words)).stdout))
    .instances;
}

const settingsOf = (id: string): string => join(user.homes.runbeam, id, 'settings.json');

test('what is added is asked: version, prefix, and which API it has', async () => {
  const { instance, found } = await added(`127.0.0.1:${modern.port}`, '-l', 'modern');
  expect(found).toEqual({ version: '0.12.0', path_prefix: 'admin', takes_tokens: true });
  // Found under another prefix, since none was said; over IPv6.
  expect(await added(`[::1]:${old.port}`, '-l', 'old')).toEqual({
    instance: { id: expect.any(String), ip: '::1', port: old.port, label: 'old', path_prefix: 'api/admin' },
    found: { version: '0.4.0', path_prefix: 'api/admin', takes_tokens: false },
  });
  expect(statSync(settingsOf(instance.id)).mode & 0o777).toBe(0o600);
  const down = await user.runbeam('harmony:add', '127.0.0.1:9', '-l', 'down');
  expect(down).toMatchObject({
    code: 0,
    stderr:
      '! It is registered, but cannot reach 127.0.0.1:9: nothing listens there\n' +
      'Hint: Is Harmony running there? Addresses: runbeam harmony:list\n',
  });
  const wrong = await added(`http://127.0.0.1:${modern.port}/nowhere`, '-l', 'modern');
  expect([wrong.instance.path_prefix, wrong.found, wrong.problem?.code]).toEqual(['nowhere', undefined, 'not_found']);
  succeeded(await user.runbeam('harmony:edit', 'modern', '-x', 'admin'));
});

test('one that takes no tokens leads on to the command that authorizes it', async () => {
  const { stdout } = succeeded(await user.runbeam('harmony:add', `[::1]:${old.port}`, '-l', 'old'));
  const [, next = ''] = /\nRun: runbeam (.*)\n$/.exec(stdout) ?? [];
  expect(next).toMatch(/^harmony:authorize --id [0-9a-f]{8} --via harmony$/);
  const { stdout: other } = succeeded(await user.runbeam('harmony:add', `127.0.0.1:${modern.port}`, '-l', 'modern'));
  expect(other).toMatch(/\nRun: runbeam harmony:authorize --id [0-9a-f]{8}\n$/);
});

test('what is changed is shown, and nothing else of the settings', async () => {
  const edit = async (...words: string[]) => succeeded(await user.runbeam('harmony:edit', ...words, '--no-check')).stdout;
  succeeded(await user.runbeam('harmony:add', '10.1.2.3:8081', '-l', 'shown', '--no-check'));
  const facts = (text: string): string[][] =>
    text
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));
  const about = [
    ['id', expect.stringMatching(/^[0-9a-f]{8}$/) as string],
    ['address', '10.1.2.3 port 8081'],
    ['prefix', 'admin'],
  ];
  expect(facts(await edit('shown', '--renew', 'off'))).toEqual([['✓ Changed shown'], ...about, ['renew', 'off']]);
  expect(facts(await edit('shown', '--allow-plaintext', '--rename', 'open'))).toEqual([
    ['✓ Changed open, which was shown'],
    ...about,
    ['plain http', 'allowed to 10.1.2.3:8081'],
  ]);
  expect(facts(await edit('open', '--no-tls'))).toEqual([['✓ Changed open'], ...about, ['tls', 'only off this machine']]);
  expect(facts(await edit('open', '--tls', '--no-ca'))).toEqual([
    ['✓ Changed open'],
    ...about,
    ['tls', 'always'],
    ['own CA', 'forgotten'],
    ['plain http', 'not allowed'],
  ]);
  succeeded(await user.runbeam('harmony:remove', 'open'));
});

test('names: one without a flag, the beginning of one where nothing is changed, a guess for what is none', async () => {
  expect((await user.runbeam('harmony:info', 'modern')).stdout).toMatch(/^instance +modern .*\nversion +0\.12\.0\n/);
  expect((await user.runbeam('harmony:pipelines', 'mod', '--json')).code).toBe(0);
  expect(await user.runbeam('harmony:reload', 'modren')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'Error: There is no gateway with the label or id modren; did you mean modern?\nRun: runbeam harmony:list\n',
  });
  expect((await user.runbeam('harmony:info', 'modern', '-l', 'old')).stderr).toBe(
    'Error: The instance is named twice\nHint: Give NAME, or -l LABEL, or --id ID\n',
  );
});

test('authorized until when, from the disk alone; what another program replaced is not claimed', async () => {
  succeeded(await logInToCloud(user, cloud));
  succeeded(await user.runbeam('harmony:authorize', 'modern', '-y'));
  const [first] = await listed();
  const [issued] = cloud.issued();
  expect(first).toMatchObject({ label: 'modern', token: 'stored', authorized_until: issued?.expiresAt, version: '0.12.0' });
  expect((await user.runbeam('harmony:list')).stdout).toMatch(/\nmodern +\S+ +\d+ (?:s|min) ago +ends in 30 days +- /);
  expect((await user.runbeam('harmony:info', 'modern')).stdout).toMatch(/\nmachine token +ends in 30 days \(/);
  // The Rust CLI writes the same file: it is another one then, with another end.
  const tokenFile = join(user.homes.runbeam, first?.id ?? '', 'runbeam', 'auth.json');
  const bytes = readFileSync(tokenFile);
  execFileSync('rm', [tokenFile]);
  writeFileSync(tokenFile, bytes, { mode: 0o600 });
  expect((await listed())[0]).toMatchObject({ token: 'stored' });
  expect((await listed())[0]).not.toHaveProperty('authorized_until');
  // Asked for this one alone, it is opened with its key.
  expect((await user.runbeam('harmony:info', 'modern')).stdout).toMatch(/\nmachine token +ends in 30 days \(/);
});

test('an upload says what is in it, and a gateway that has none is told from a wrong prefix', async () => {
  expect((await user.runbeam('harmony:update', 'modern')).stdout).toMatch(
    /^✓ Uploaded the configuration of modern \(\d+ bytes\)\nIn it: 2 pipelines, 0 transforms, 0 meshes\n$/,
  );
  expect(await user.runbeam('harmony:update', 'old')).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'Error: This gateway is Harmony 0.4.0, which uploads no configuration\n' +
      'Hint: Harmony 0.12 does. Of an older one the configuration stays on its own machine\n',
  });
});

test('asked all at once: who answers, in the order of the list, and an exit code for scripts', async () => {
  const status = await user.runbeam('harmony:status', '--all', '--json');
  const { instances } = parse(instanceListSchema, JSON.parse(status.stdout));
  expect([status.code, instances.map(({ label, answers, problem }) => [label, answers, problem?.code])]).toEqual([
    5,
    [
      ['modern', true, undefined],
      ['old', true, undefined],
      ['down', false, 'network'],
    ],
  ]);
  expect((await user.runbeam('harmony:list', '--check')).code).toBe(5);
  expect(await user.runbeam('harmony:status', 'old')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^✓ old \(\S+\) answers\n/),
  });
  const { code, stdout } = await user.runbeam('harmony:status', 'down');
  expect([code, stdout.split('\n')[0]]).toEqual([5, expect.stringMatching(/^✗ down \(\S+\) does not answer$/)]);
});

/** Another address of this machine: to every program it is another machine's. */
const elsewhere = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address;

describe.skipIf(elsewhere === undefined)('off this machine', () => {
  const host = elsewhere ?? '';

  test('plain http is refused until it is allowed, for that address alone', async () => {
    const plain = keep(await startHarmony({ version: '0.12', host }));
    const refused = await user.runbeam('harmony:add', `http://${host}:${plain.port}`, '-l', 'plain');
    expect(refused).toEqual({
      code: 6,
      stdout: '',
      stderr:
        `Error: Plain http to ${host}:${plain.port} is refused: it is not on this machine\n` +
        `Run: runbeam harmony:add ${host}:${plain.port} -l plain --allow-plaintext\n`,
    });
    // As an older CLI left it: nothing but an address.
    succeeded(await user.runbeam('harmony:add', '-i', host, '-p', String(plain.port), '-l', 'plain', '--no-check'));
    expect(await user.runbeam('harmony:info', 'plain')).toEqual({
      code: 6,
      stdout: '',
      stderr:
        `Error: Plain http to ${host}:${plain.port} is refused: it is not on this machine\n` +
        'Run: runbeam harmony:edit -l plain --allow-plaintext\n',
    });
    expect(plain.counters.requests).toEqual({});
    const allowed = await user.runbeam('harmony:edit', '-l', 'plain', '--allow-plaintext');
    expect(allowed).toMatchObject({ code: 0, stderr: expect.stringMatching(/^! Whoever is on the way to /) });
    succeeded(await user.runbeam('harmony:authorize', 'plain', '-y'));
    expect(await plain.storedToken()).toMatchObject({ machine_token: cloud.issued().at(-1)?.machineToken });
    // To another port of it, nothing was allowed.
    const other = keep(await startHarmony({ version: '0.12', host }));
    expect((await user.runbeam('harmony:edit', 'plain', '-p', String(other.port))).stderr).toMatch(/plain http to .* is refused/);
    expect((await user.runbeam('harmony:info', 'plain')).code).toBe(6);
    expect(other.counters.requests).toEqual({});
  });

  test('settings that cannot be read allow nothing', async () => {
    const plain = keep(await startHarmony({ version: '0.12', host }));
    const { instance } = await added(`${host}:${plain.port}`, '-l', 'broken', '--allow-plaintext');
    succeeded(await user.runbeam('harmony:info', 'broken'));
    writeFileSync(settingsOf(instance.id), '{', { mode: 0o600 });
    expect((await user.runbeam('harmony:info', 'broken')).code).toBe(6);
    expect((await listed()).find(({ label }) => label === 'broken')).toMatchObject({ settings_unreadable: true });
    succeeded(await user.runbeam('harmony:edit', 'broken', '--allow-plaintext'));
    succeeded(await user.runbeam('harmony:info', 'broken'));
  });
});

test('a CA is trusted for its own instance, kept as text, and used by the agent, too', async ({ skip }) => {
  const [ours, theirs] = [makeCertificate(user.root, 'ours'), makeCertificate(user.root, 'theirs')];
  if (ours === undefined || theirs === undefined) return skip();
  const secure = keep(await startHarmony({ version: '0.12', tls: ours }));
  const other = keep(await startHarmony({ version: '0.12', tls: theirs }));
  const url = `https://127.0.0.1:${secure.port}/admin`;
  expect((await user.runbeam('harmony:add', url, '-l', 'secure')).stderr).toMatch(
    /^! It is registered, but the certificate of 127\.0\.0\.1:\d+ is not trusted \(\w+\)\nRun: runbeam harmony:edit -l secure --ca-file FILE\n$/,
  );
  succeeded(await user.runbeam('harmony:edit', 'secure', '--ca-file', ours.file));
  execFileSync('rm', [ours.file]);
  succeeded(await user.runbeam('harmony:authorize', 'secure', '-y'));
  expect(await secure.storedToken()).toMatchObject({ machine_token: cloud.issued().at(-1)?.machineToken });
  const wrong = await added(`https://127.0.0.1:${other.port}`, '-l', 'other');
  expect(wrong.problem?.code).toBe('network');
  expect(other.counters.requests).toEqual({});
});

test('a redirect leads nowhere', async () => {
  modern.faults.next('GET /admin/info', { status: 302, headers: { location: `${old.origin}/api/admin/info` } });
  const before = { ...old.counters.requests };
  expect(await user.runbeam('harmony:info', 'modern')).toEqual({
    code: 5,
    stdout: '',
    stderr: `Error: 127.0.0.1:${modern.port} answered 302 to /admin/info, which is not Harmony's management API\nRun: runbeam harmony:list\n`,
  });
  expect(old.counters.requests).toEqual(before);
});

test('renew is kept, and goes with the settings when the instance is removed', async () => {
  succeeded(await user.runbeam('harmony:edit', 'old', '--renew', 'auto', '--no-check'));
  const { id = '' } = (await listed()).find(({ renew }) => renew === 'auto') ?? {};
  expect(JSON.parse(readFileSync(settingsOf(id), 'utf8'))).toMatchObject({ renew: 'auto' });
  succeeded(await user.runbeam('harmony:remove', 'old'));
  await added(`[::1]:${old.port}`, '-l', 'old', '--no-check');
  expect((await listed()).find(({ label }) => label === 'old')).toEqual({
    id,
    ip: '::1',
    port: old.port,
    label: 'old',
    path_prefix: 'admin',
    url: `http://[::1]:${old.port}/admin`,
    key_configured: false,
  });
});
