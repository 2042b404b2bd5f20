/** No secret shows in what works with Runbeam Cloud: tokens of users and of gateways, the shared secret, and logins under way. */
import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { decideByUrl, startHarmony, startRunbeamCloud } from '../../sandbox/testing.ts';
import { listInstances } from '../../src/store/instances/instances.ts';
import { ledgerFile, pendingLoginsFolder } from '../../src/store/paths.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { findInFiles, findInProcesses, findInText } from '../support/find-secrets.ts';
import { writeConfig, writeText } from '../support/files.ts';
import { succeeded } from '../support/login.ts';
import { identityIn, storedSecrets } from '../support/stored-secrets.ts';

const keep = cleanup();
const LOUD = ['-vv', '--debug'];

/** Files and folders of the programs that anybody else may as much as look at. */
function loose(user: CliUser): string[] {
  return ['.beamd', '.runbeam']
    .filter((home) => existsSync(join(user.home, home)))
    .flatMap((home) =>
      ['', ...readdirSync(join(user.home, home), { recursive: true, encoding: 'utf8' })]
        .map((name) => join(user.home, home, name))
        .filter((path) => ((lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0)
        .map((path) => relative(user.home, path)),
    );
}

/** Where a secret is, other than in the files where it belongs. Ends the agents: what they write would come and go meanwhile. */
async function places(user: CliUser, server: string, secrets: readonly string[], allowed: readonly string[]): Promise<string[]> {
  expect(secrets.filter((secret) => secret.length < 16)).toEqual([]);
  const pids = user.agents().map(({ pid }) => pid);
  expect(pids).toHaveLength(1);
  const inProcesses = findInProcesses(pids, secrets);
  succeeded(await user.beamd('agent', 'stop', '--server', server));
  await expect.poll(() => user.background('agent', 'worker'), { timeout: 60_000 }).toEqual([]);
  const found = [...inProcesses, ...findInText('the output', user.transcript(), secrets), ...findInFiles(user.root, secrets)];
  return found.map((each) => each.replace(`${user.home}/`, '')).filter((each) => !allowed.includes(each));
}

test('tokens that are given: by variable, by file, on stdin; good, wrong and spoilt', async () => {
  const jwtSecret = randomBytes(32).toString('hex');
  const cloud = keep(await startRunbeamCloud({ jwtSecret }));
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  const good = await cloud.issueUserToken();
  const shared = await cloud.issueUserToken({}, 'hs256');
  const ended = await cloud.issueUserToken({ exp: 1_600_000_000 });
  const foreign = await cloud.issueUserToken({ iss: 'https://elsewhere.example' });
  const [opaque, machine, spoilt] = [20, 21, 22].map((bytes) => randomBytes(bytes).toString('hex'));
  const tokens = [good, shared, ended, foreign, `7|${opaque ?? ''}`, `${spoilt ?? ''}\u00e9 x`, `${spoilt ?? ''}\u001b[2J`];
  // An argument is seen by all, so what stands there is no token of theirs; the rest is every way to give one.
  const lines = ['verify', 'gateways:list', 'harmony:resolve runbeam.acme.ingress.name.x', 'token:get -g gw --new'];
  for (const token of tokens) {
    const path = writeConfig(user, 'ci.yaml', { server: cloud.origin, token });
    for (const line of lines) {
      const words = [...line.split(' '), ...LOUD];
      const env = { RUNBEAM_JWT_SECRET: jwtSecret };
      await user.run('runbeam', words, { env: { RUNBEAM_TOKEN: token } });
      await user.run('runbeam', [...words, '--config', path, '--json'], { env });
    }
    await user.run('runbeam', ['login', '--token', '-', '--replace', ...LOUD], { stdin: token });
    await user.run('runbeam', ['login', '--token-file', writeText(user, 'token.txt', token), '--json', ...LOUD]);
  }
  succeeded(await user.run('runbeam', ['login', '--token', '-', '--replace', ...LOUD], { stdin: good }));
  const env = { RUNBEAM_MACHINE_TOKEN: machine, RUNBEAM_JWT_SECRET: jwtSecret };
  await user.run('runbeam', ['changes:list', 'gw', ...LOUD], { env });
  await user.run('beamd', ['agent', 'start', '--server', cloud.origin, ...LOUD], { env: { ...env, RUNBEAM_TOKEN: opaque } });
  await user.run('beamd', ['exec', '--server', cloud.origin, ...LOUD, '--', 'true'], { env });
  const parts = tokens.map((token) => token.split('.')[2] ?? token.split('|')[1] ?? spoilt ?? '');
  const secrets = [...parts, machine ?? '', jwtSecret, ...(await storedSecrets(user))];
  expect(await places(user, cloud.origin, secrets, ['work/ci.yaml', 'work/token.txt'])).toEqual([]);
  expect(loose(user)).toEqual([]);
});

test('machine tokens through their life, a login that is under way, and the reports', async () => {
  const cloud = keep(await startRunbeamCloud());
  const gateway = keep(await startHarmony({ version: '0.12' }));
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  const say = async (line: string): Promise<void> => void succeeded(await user.runbeam(...line.split(' '), ...LOUD));
  const login = user.start('runbeam', ['login', ...LOUD]);
  await login.waitFor(/Waiting for approval/);
  // Whoever joins needs what the first was given: it is on the disk meanwhile, and for nobody else.
  expect(readdirSync(pendingLoginsFolder(user.homes))).toHaveLength(1);
  expect(loose(user)).toEqual([]);
  await decideByUrl(login, cloud);

  await say(`harmony:add 127.0.0.1:${gateway.port} -l gate`);
  await say('harmony:authorize gate -y');
  await say('harmony:renew gate --json');
  // A token that waits for its gateway is on the disk, too.
  gateway.faults.next('POST /admin/token', { status: 503, body: 'away' });
  expect((await user.runbeam('harmony:renew', 'gate', ...LOUD)).code).toBe(7);
  const report = join(user.work, 'report.txt');
  await user.runbeam('doctor', '--bundle', report, ...LOUD);
  await user.beamd('doctor', '--json', ...LOUD);
  expect(readFileSync(report, 'utf8')).not.toContain(cloud.origin);
  const atRest = loose(user);
  const [instance] = listInstances(user.homes);
  const key = identityIn(join(user.home, '.runbeam', instance?.id ?? '', 'encryption.key'));
  await say('harmony:renew --all');
  cloud.faults.next('POST /api/harmony/authorize', { status: 500, body: String(cloud.issued()[0]?.machineToken) });
  expect((await user.runbeam('harmony:renew', 'gate', ...LOUD)).code).toBe(5);
  for (const line of ['tokens --all', 'tokens --json', 'status --all', 'edit gate --rename door --renew auto', 'renew door'])
    await say(`harmony:${line}`);
  const mesh = (await user.runbeam('harmony:mesh-token', 'mesh_1', 'https://other.example.com/x')).stdout.trim();
  await say('harmony:rotate-key door -y');
  await say('harmony:revoke door -y');
  await say('harmony:rotate-key door --finish');
  await user.beamd('agent', 'status', '--json', ...LOUD);
  await user.beamd('agent', 'log', ...LOUD);

  const machine = cloud.issued().map(({ machineToken }) => machineToken);
  expect(new Set(machine).size).toBeGreaterThanOrEqual(4);
  expect(readFileSync(ledgerFile(user.homes), 'utf8').split('\n').length).toBeGreaterThan(4);
  // The old key is nowhere any more; the new ones are where they belong.
  const keyFiles = ['.beamd/encryption.key', `.runbeam/${instance?.id ?? ''}/encryption.key`];
  const keys = [key, ...keyFiles.map((path) => identityIn(join(user.home, path)))];
  expect(new Set(keys).size).toBe(3);
  expect(await places(user, cloud.origin, [...machine, ...(await storedSecrets(user)), ...keys], keyFiles)).toEqual([]);
  expect(findInFiles(user.root, [key])).toEqual([]);
  // The one that is printed is kept nowhere.
  expect([mesh.length > 15, findInFiles(user.root, [mesh])]).toEqual([true, []]);
  expect([atRest, loose(user)]).toEqual([[], []]);
});
