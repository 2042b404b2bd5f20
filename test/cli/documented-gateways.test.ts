/**
 * Every command of the documents of Harmony on authentication and on security, and of the guide on authorization, troubleshooting
 * included: typed as it stands there into a real shell, or named below with the reason why not.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identityIn } from '../../sandbox/harmony/age.ts';
import { PACKAGE_ROOT, startHarmony, startRunbeamCloud, type Harmony, type RunbeamCloud } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { logInToCloud, succeeded } from '../support/login.ts';
import { missing } from '../support/programs.ts';
import { openShell } from '../support/shell.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
let cloud: RunbeamCloud;
let gateway: Harmony;
/** Logged in, with two gateways. */
let everywhere: CliUser;

beforeAll(async () => {
  cloud = keepForAll(await startRunbeamCloud());
  gateway = keepForAll(await startHarmony({ cloud: cloud.origin }));
  const other = keepForAll(await startHarmony({ cloud: cloud.origin }));
  everywhere = keepForAll(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  await logInToCloud(everywhere, cloud);
  succeeded(await everywhere.runbeam('harmony:add', '-p', String(gateway.port), '-l', 'my-label'));
  succeeded(await everywhere.runbeam('harmony:add', '-p', String(other.port), '-l', 'my-gateway'));
});

const loggedIn = (): CliUser => keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin }, from: everywhere }));

/** One shell for all the lines, which fails with the first that does. */
const typed = (lines: readonly string[], user = loggedIn()): Promise<Ran> => openShell(user)(['set -e', ...lines].join('\n'));

async function works(lines: readonly string[], user = loggedIn()): Promise<string> {
  const ran = await typed(lines, user);
  expect({ lines, ...ran }).toMatchObject({ lines, code: 0 });
  return ran.stdout;
}

const newest = (): string => cloud.issued().at(-1)?.machineToken ?? expect.fail('none was issued');

describe('the guide on authorization', () => {
  test.each([
    'runbeam harmony:authorize -l my-label',
    'runbeam harmony:authorize -l my-label --update',
    'runbeam harmony:authorize -l my-label -y',
    'runbeam harmony:authorize -l my-gateway',
  ])('%s', async (line) => {
    const [issued, uploads] = [cloud.issued().length, cloud.uploads().length];
    expect(await works([line])).toMatch(/^✓ Authorized my-(?:label|gateway)\n/);
    expect(cloud.issued()).toHaveLength(issued + 1);
    expect(cloud.uploads()).toHaveLength(line.endsWith('--update') ? uploads + 1 : uploads);
  });

  test('403 Forbidden Error: runbeam.enabled is set, the configuration is reloaded, and it is tried again', async () => {
    const user = loggedIn();
    const authorize = 'runbeam harmony:authorize -l my-label';
    await gateway.setEnabled(false);
    await works(['runbeam harmony:reload -l my-label'], user);
    const refused = await typed([authorize], user);
    expect(refused.code).toBe(7);
    expect(refused.stdout + refused.stderr).toContain('enabled = true');
    await gateway.setEnabled(true);
    expect(await works(['runbeam harmony:reload -l my-label', authorize], user)).toMatch(
      /^✓ Reloaded my-label\n[\s\S]*✓ Authorized my-label\n/,
    );
    expect(await gateway.storedToken()).toMatchObject({ machine_token: newest() });
  });

  test('Expired Token: runbeam logout, runbeam login, runbeam verify, and it is tried again', async () => {
    const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
    await logInToCloud(user, cloud);
    succeeded(await user.runbeam('harmony:add', '-p', String(gateway.port), '-l', 'my-label'));
    expect(await works(['runbeam logout'], user)).toMatch(/^✓ Logged out of /);
    await logInToCloud(user, cloud);
    expect(await works(['runbeam verify', 'runbeam harmony:authorize -l my-label'], user)).toMatch(
      /^✓ The session is valid\n[\s\S]*✓ Authorized my-label\n/,
    );
  });

  test('Machine Token Renewal: the new one replaces the one that is there', async () => {
    const user = loggedIn();
    const line = 'runbeam harmony:authorize -l my-label';
    await works([line], user);
    const first = newest();
    await works([line], user);
    expect([await gateway.storedToken(), newest() === first]).toEqual([
      expect.objectContaining({ machine_token: newest() }),
      false,
    ]);
  });
});

describe('the document on authentication', () => {
  test('Machine Token Expired: runbeam harmony:info -l my-gateway shows when it ends', async () => {
    const lines = ['runbeam harmony:authorize -l my-gateway -y', 'runbeam harmony:info -l my-gateway'];
    expect(await works(lines)).toMatch(/\nmachine token +ends in 30 days \(.+\)\n/);
  });

  test('export RUNBEAM_MACHINE_TOKEN={"machine_token":"mt_...", ...} acts for the gateway, where nobody is logged in', async () => {
    const json = await works([
      'runbeam harmony:authorize -l my-gateway -y > /dev/null',
      'export RUNBEAM_MACHINE_TOKEN=$(runbeam token:get --gateway-code my-gateway --raw)',
      'printf %s "$RUNBEAM_MACHINE_TOKEN"',
    ]);
    expect(JSON.parse(json)).toMatchObject({ machine_token: newest() });
    const stranger = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin, GIVEN: json } }));
    expect(await works(['export RUNBEAM_MACHINE_TOKEN="$GIVEN"', 'runbeam changes:list'], stranger)).toMatch(/change/i);
  });

  test('what is typed since the Rust CLI: -q and -v before the command', async () => {
    const lines = ['runbeam harmony:authorize -l my-gateway -y', 'runbeam -q token:get -g my-gateway', 'runbeam -v harmony:list'];
    const { code, stdout, stderr } = await typed(lines);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\ngateway +gw_\d+\n[\s\S]*\nmy-gateway {2}http/)]);
    expect(stderr).toMatch(/^read .+harmony\.json \(.+ ms\)\n/);
  });
});

/** Ways of the documents to make a key, and whether gateways of every age read it. */
const KEYS: readonly (readonly [line: string, ofAnyAge: boolean])[] = [
  ['export RUNBEAM_ENCRYPTION_KEY=$(age-keygen | grep AGE-SECRET-KEY)', true],
  ['export RUNBEAM_ENCRYPTION_KEY=$(age-keygen | grep AGE-SECRET-KEY | base64 -w 0)', false],
  ['export RUNBEAM_ENCRYPTION_KEY=$(age-keygen | base64 -w 0)', false],
  [String.raw`export RUNBEAM_ENCRYPTION_KEY=$(age-keygen | base64 | tr -d '\n')`, false],
  [
    String.raw`mkdir -p .secrets
age-keygen | base64 | tr -d '\n' > .secrets/encryption.key
export RUNBEAM_ENCRYPTION_KEY=$(cat .secrets/encryption.key)`,
    false,
  ],
];

describe.skipIf(missing('age-keygen', 'age'))('the document on security: a key that is made', () => {
  test.each(KEYS)('%s', async (line, ofAnyAge) => {
    const { code, stdout, stderr } = await typed([
      line,
      'runbeam harmony:authorize -l my-label > /dev/null',
      'printf %s "$RUNBEAM_ENCRYPTION_KEY"',
    ]);
    const identity = identityIn(stdout) ?? expect.fail('there is no key');
    expect([code, await gateway.storedToken(identity)]).toEqual([0, expect.objectContaining({ machine_token: newest() })]);
    // Of one that gateways of today do not read it is said.
    expect(stderr.includes('is in a form that gateways with SDK 0.11 cannot read')).toBe(!ofAnyAge);
  });

  test('Zero-Downtime Encryption Key Rotation: a new key, then runbeam harmony:authorize, of the only gateway there is', async () => {
    const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
    await logInToCloud(user, cloud);
    succeeded(await user.runbeam('harmony:add', '-p', String(gateway.port), '-l', 'only'));
    const stdout = await works(
      [
        String.raw`NEW_KEY=$(age-keygen | base64 | tr -d '\n')`,
        'export RUNBEAM_ENCRYPTION_KEY=$NEW_KEY',
        'runbeam harmony:authorize > /dev/null',
        'printf %s "$NEW_KEY"',
      ],
      user,
    );
    expect(await gateway.storedToken(identityIn(stdout))).toMatchObject({ machine_token: newest() });
  });

  test('JWT Secret Rotation: curl -X POST http://localhost:9090/admin/authorize asks for a session', async () => {
    const url = `http://localhost:${gateway.port}/admin/authorize`;
    expect(await works([`curl -sS -X POST ${url}`])).toContain('A bearer token is needed');
    expect(await works(['runbeam harmony:authorize -l my-label --via harmony'])).toMatch(/^✓ Authorized my-label\n/);
  });
});

/** What is not typed here: why, and the test that has it, or what takes its place. */
const NOT_TYPED: readonly (readonly [line: string, why: string, file: string, text: string])[] = [
  [
    'runbeam login',
    'it waits for a browser: a test approves it there',
    'test/cli/documented-commands.test.ts',
    "test('runbeam login'",
  ],
  [
    'runbeam harmony:authorize --id 1a2b3c4d',
    'the id is made of the address',
    'test/cli/documented-commands.test.ts',
    "test('runbeam harmony:authorize --id 1a2b3c4d'",
  ],
  [
    'export RUNBEAM_JWT_SECRET=$(openssl rand -base64 32)',
    'one that is made up is not the one of Runbeam Cloud',
    'test/cli/harmony-export.test.ts',
    'RUNBEAM_JWT_SECRET',
  ],
  ['RUST_LOG=debug harmony-proxy', 'the gateway itself', 'src/services/runbeam/export/bundle.ts', 'RUST_LOG'],
  [
    'vault kv put secret/harmony/production encryption_key="$(…)"',
    'of another program, and shows the key to all on the machine: --to vault:… in its place',
    'test/cli/harmony-export-to.test.ts',
    'vault:secret/harmony/gw',
  ],
  [
    'vault kv get -field=encryption_key secret/harmony/production',
    'of another program: what harmony:export --format vault writes',
    'test/cli/harmony-export.test.ts',
    'vault kv get -field=encryption_key',
  ],
  [
    'aws secretsmanager create-secret --name … --secret-string "$(…)"',
    'as with vault: --to aws:…',
    'test/cli/harmony-export-to.test.ts',
    'aws:harmony/production',
  ],
  [
    'aws secretsmanager get-secret-value … --query SecretString --output text',
    'of another program: what harmony:export --format aws writes',
    'test/cli/harmony-export.test.ts',
    'aws secretsmanager get-secret-value',
  ],
  [
    'az keyvault secret set … --value "$(…)"',
    'as with vault: --to azure:…',
    'test/cli/harmony-export-to.test.ts',
    'azure:harmony-vault/gw',
  ],
  [
    'az keyvault secret show …',
    'of another program: what harmony:export --format azure writes',
    'test/cli/harmony-export.test.ts',
    'az keyvault secret show',
  ],
  [
    'kubectl create secret generic harmony-secrets --from-literal=encryption-key=$(echo -n "$ENCRYPTION_KEY" | base64)',
    'gives the pod a key in base64 of base64, which no gateway reads: --to k8s:… in its place',
    'test/cli/harmony-export-to.test.ts',
    'What kubectl itself makes of it is what a pod gets',
  ],
  [
    'docker run -d -e RUNBEAM_ENCRYPTION_KEY=$(cat .secrets/encryption.key) …',
    'there is no engine where the tests run: --format docker writes what it reads',
    'test/cli/harmony-export.test.ts',
    'docker',
  ],
  [
    'the monitoring alert at 25 days',
    'of Prometheus, which is asked itself',
    'test/interop/prometheus.test.ts',
    'once a token is 25 days old',
  ],
];

test.each(NOT_TYPED)('not typed here: %s (%s)', (_line, _why, file, text) => {
  expect(readFileSync(join(PACKAGE_ROOT, file), 'utf8')).toContain(text);
});
