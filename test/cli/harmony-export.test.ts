/** `runbeam harmony:export`, each format read by what reads it: sh, a dotenv parser, a yaml parser, git. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { startHarmony, startRunbeamCloud } from '../../sandbox/testing.ts';
import { generateIdentity } from '../../src/store/secrets/age-identity.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser, type Ran } from '../support/cli-user.ts';
import { fitting } from '../support/expect-cli.ts';
import { logInToCloud, succeeded } from '../support/login.ts';
import { openTerminal } from '../support/terminal.ts';

const keep = cleanup(afterAll);
let user: CliUser;
let id: string;
/** Base64 of the bare line. */
let key: string;
/** What a shell, a dotenv parser and Compose could each take for something of their own. */
const jwt = `${randomBytes(12).toString('base64')}$HOME \`id\` "#`;

const NO_JWT =
  '! RUNBEAM_JWT_SECRET is not in it: it is the one that Runbeam Cloud has, and is not made up\n' +
  'Hint: --jwt-secret-from says where it is; a gateway that verifies with RS256 needs none\n';

beforeAll(async () => {
  const cloud = keep(await startRunbeamCloud());
  const harmony = keep(await startHarmony({ cloud: cloud.origin }));
  user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  const identity = (await generateIdentity()).reveal();
  key = Buffer.from(identity).toString('base64');
  await logInToCloud(user, cloud);
  succeeded(await user.runbeam('harmony:add', '-p', String(harmony.port), '-l', 'My gw'));
  succeeded(await user.run('runbeam', ['harmony:set-key', '-l', 'My gw', '--key', '-'], { stdin: identity }));
  succeeded(await user.runbeam('harmony:authorize', '-l', 'My gw', '-y'));
  id = (
    fitting('runbeam:harmony:show-key', (await user.runbeam('harmony:show-key', '--json')).stdout) as { instance: { id: string } }
  ).instance.id;
});

const exported = (words: readonly string[], env?: Record<string, string>): Promise<Ran> =>
  user.run('runbeam', ['harmony:export', 'My gw', ...words], { ...(env && { env }) });

/** All three values inlined. */
const inlined = async (format: string): Promise<string> => {
  const words = ['--format', format, '--inline', '--with-token', '--jwt-secret-from', 'env:OURS'];
  const ran = succeeded(await exported(words, { OURS: jwt }));
  expect(ran.stderr).toBe('');
  return ran.stdout;
};

/** What a gateway is to have in its environment. */
const variables = async (): Promise<Record<string, string>> => ({
  RUNBEAM_ENCRYPTION_KEY: key,
  RUNBEAM_MACHINE_TOKEN: succeeded(await user.runbeam('token:get', '-g', 'My gw', '--raw')).stdout.trim(),
  RUNBEAM_JWT_SECRET: jwt,
  RUST_LOG: 'harmony=info',
});

describe('files of variables', () => {
  test('env is read alike by sh and a dotenv parser, whatever is in a value', async () => {
    const text = await inlined('env');
    const file = join(user.root, 'all.env');
    writeFileSync(file, text, { mode: 0o600 });
    const wanted = await variables();
    expect(parseEnv(text)).toEqual(wanted);
    const names = Object.keys(wanted);
    const script = `set -a; . "$1"; set +a; for n in ${names.join(' ')}; do printenv "$n"; done`;
    const printed = execFileSync('sh', ['-c', script, 'sh', file], { env: { PATH: process.env['PATH'] }, encoding: 'utf8' });
    expect(printed.trimEnd().split('\n')).toEqual(Object.values(wanted));
  });

  test('referenced, a shell reads the files, and the text holds no secret', async () => {
    const folder = join(user.root, 'the secrets');
    mkdirSync(folder);
    writeFileSync(join(folder, 'encryption.key'), `${key}\n`);
    const { stdout, stderr } = await exported(['--format', 'env', '--secret', folder]);
    expect(stderr).toBe(NO_JWT);
    expect(stdout).toBe(
      '# The key is base64 of the AGE-SECRET-KEY-1 line alone, without a line break.\n' +
        '# Read by: set -a; . FILE; set +a  Only a shell reads the files: for dotenv and Compose use --inline.\n' +
        `RUNBEAM_ENCRYPTION_KEY="$(cat '${folder}/encryption.key')"\nRUST_LOG=harmony=info\n`,
    );
    const script = `${stdout}printf %s "$RUNBEAM_ENCRYPTION_KEY"`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(key);
  });

  test('a quote that sh and dotenv read in two ways is refused; docker takes all as it is', async () => {
    const words = ['--inline', '--jwt-secret-from', 'env:OURS', '--format'];
    expect(await exported([...words, 'env'], { OURS: "it's" })).toEqual({
      code: 2,
      stdout: '',
      stderr:
        "Error: No quoting of RUNBEAM_JWT_SECRET is read alike by sh and dotenv: there is a ' in it\n" +
        'Hint: Take another format: docker, compose, k8s\n',
    });
    const { stdout } = await exported([...words, 'docker'], { OURS: "it's" });
    expect(stdout.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
      `RUNBEAM_ENCRYPTION_KEY=${key}`,
      "RUNBEAM_JWT_SECRET=it's",
      'RUST_LOG=harmony=info',
      '',
    ]);
    expect((await exported(['--format', 'docker'])).stdout).toContain('\nRUNBEAM_ENCRYPTION_KEY\nRUST_LOG=harmony=info\n');
  });
});

describe('yaml', () => {
  test('compose: a $ in a value is doubled, and a variable that is not set stops it', async () => {
    const [document] = parseAllDocuments(await inlined('compose'));
    const wanted = await variables();
    const doubled = Object.fromEntries(Object.entries(wanted).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]));
    expect(document?.toJS()).toEqual({
      services: {
        harmony: {
          image: 'harmony:latest',
          environment: doubled,
          ports: ['8080:8080', '9090:9090'],
          volumes: ['./config:/etc/harmony:ro', 'harmony-data:/data/harmony'],
        },
      },
      volumes: { 'harmony-data': {} },
    });
    const { stdout } = await exported(['--format', 'compose', '--jwt-secret-from', 'CLOUD_SECRET']);
    expect(stdout).toContain('      RUNBEAM_ENCRYPTION_KEY: ${RUNBEAM_ENCRYPTION_KEY:?is not set}\n');
    expect(stdout).toContain('      RUNBEAM_JWT_SECRET: ${CLOUD_SECRET:?is not set}\n');
  });

  test('k8s: the value is encoded once, by the API server', async () => {
    const [secret, deployment, ...more] = parseAllDocuments(await inlined('k8s')).map((one) => one.toJS() as unknown);
    const wanted = await variables();
    expect(more).toEqual([]);
    expect(secret).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'harmony-my-gw', namespace: 'default' },
      type: 'Opaque',
      stringData: { 'encryption-key': key, 'machine-token': wanted['RUNBEAM_MACHINE_TOKEN'], 'jwt-secret': jwt },
    });
    expect(deployment).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'harmony', namespace: 'default' },
    });
    const words = ['--format', 'k8s', '--secret', 'production/harmony-secrets', '--jwt-secret-from', 'cloud#jwt'];
    const [only] = parseAllDocuments((await exported(words)).stdout).map((one) => one.toJS() as unknown);
    const reads = (name: string, secretKeyRef: object): object => ({ name, valueFrom: { secretKeyRef } });
    expect(only).toMatchObject({
      metadata: { namespace: 'production' },
      spec: {
        template: {
          spec: {
            containers: [
              {
                env: [
                  reads('RUNBEAM_ENCRYPTION_KEY', { name: 'harmony-secrets', key: 'encryption-key' }),
                  reads('RUNBEAM_JWT_SECRET', { name: 'cloud', key: 'jwt' }),
                  { name: 'RUST_LOG', value: 'harmony=info' },
                ],
              },
            ],
          },
        },
      },
    });
  });
});

describe('engines', () => {
  test('ecs: the key of a secret, and a policy for its execution role alone', async () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:harmony/production-AbCdEf';
    const { stdout } = await exported(['--format', 'ecs', '--secret', arn, '--jwt-secret-from', 'harmony/jwt']);
    expect(JSON.parse(stdout)).toMatchObject({
      task_definition: {
        containerDefinitions: [
          {
            secrets: [
              { name: 'RUNBEAM_ENCRYPTION_KEY', valueFrom: `${arn}:encryption_key::` },
              { name: 'RUNBEAM_JWT_SECRET', valueFrom: 'arn:aws:secretsmanager:REGION:ACCOUNT:secret:harmony/jwt' },
            ],
          },
        ],
      },
      execution_role_policy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['secretsmanager:GetSecretValue'],
            Resource: [arn, 'arn:aws:secretsmanager:REGION:ACCOUNT:secret:harmony/jwt-??????'],
          },
        ],
      },
    });
    expect(await exported(['--format', 'ecs', '--inline'])).toMatchObject({ code: 2, stdout: '' });
  });

  test('what is to put the secrets there is a command that works as it stands', async () => {
    const head = async (format: string): Promise<string> => (await exported(['--format', format])).stdout.split('\n')[0] ?? '';
    expect(await head('k8s')).toBe(
      "# The secret is put there by: runbeam harmony:export -l 'My gw' --to k8s:default/harmony-my-gw",
    );
    expect(await head('compose')).toBe(
      "# The values come from the environment, or from an .env beside it: runbeam harmony:export -l 'My gw' --format env --inline --out .env",
    );
  });

  test('vault, aws and azure: what their clients read, and the lines of a start script', async () => {
    const wanted = await variables();
    const fields = { encryption_key: key, machine_token: wanted['RUNBEAM_MACHINE_TOKEN'], jwt_secret: jwt };
    expect(JSON.parse(await inlined('vault'))).toEqual(fields);
    const { SecretString, ...rest } = JSON.parse(await inlined('aws')) as { SecretString: string };
    expect([rest, JSON.parse(SecretString)]).toEqual([{ Name: 'harmony/my-gw' }, fields]);
    expect(JSON.parse(await inlined('azure'))).toEqual(fields);
    const script = async (format: string, from: string): Promise<string> =>
      (await exported(['--format', format, '--jwt-secret-from', from])).stdout;
    expect(await script('vault', 'kv/cloud#jwt-secret')).toBe(
      'export RUNBEAM_ENCRYPTION_KEY="$(vault kv get -field=encryption_key secret/harmony/my-gw)"\n' +
        'export RUNBEAM_JWT_SECRET="$(vault kv get -field=jwt-secret kv/cloud)"\n',
    );
    const aws = (name: string): string =>
      `aws secretsmanager get-secret-value --secret-id ${name} --query SecretString --output text`;
    expect(await script('aws', 'cloud#jwt-secret')).toBe(
      `export RUNBEAM_ENCRYPTION_KEY="$(${aws('harmony/my-gw')} | jq -r .encryption_key)"\n` +
        `export RUNBEAM_JWT_SECRET="$(${aws('cloud')} | jq -r '.["jwt-secret"]')"\n`,
    );
    const az = (vault: string, name: string): string =>
      `az keyvault secret show --vault-name ${vault} --name ${name} --query value -o tsv`;
    expect(await script('azure', 'cloud-vault/jwt')).toBe(
      `export RUNBEAM_ENCRYPTION_KEY="$(${az('harmony-vault', 'harmony-my-gw')} | jq -r .encryption_key)"\n` +
        `export RUNBEAM_JWT_SECRET="$(${az('cloud-vault', 'jwt')})"\n`,
    );
  });

  test.each([
    ['vault', 'x'],
    ['vault', 'secret/../sys'],
    ['vault', '-field=x/y'],
    ['vault', 'secret/a$(id)'],
    ['k8s', 'Default/x'],
    ['k8s', '--kubeconfig=/x'],
    ['k8s', 'a/b/c'],
    ['aws', '--profile'],
    ['aws', 'a b'],
    ['azure', 'v/x'],
    ['azure', 'vault-/--x'],
  ])('%s takes no name like %s', async (format, name) => {
    const ran = await exported(['--format', format, `--secret=${name}`]);
    expect([ran.code, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toContain(`Error: ${name} is no name of a secret there\nHint: It is `);
  });
});

describe('where it goes', () => {
  const file = (...names: readonly string[]): string => join(user.work, ...names);

  test('a file that only its owner can read; what was there is replaced after a yes alone', async () => {
    const words = ['--format', 'env', '--inline', '-o', 'gw.env'];
    expect(await exported(words)).toEqual({
      code: 0,
      stdout: `✓ Wrote env of My gw to ${file('gw.env')}\nThere are secrets in it, and only you can read it\n`,
      stderr: NO_JWT,
    });
    expect([statSync(file('gw.env')).mode & 0o777, parseEnv(readFileSync(file('gw.env'), 'utf8'))]).toEqual([
      0o600,
      { RUNBEAM_ENCRYPTION_KEY: key, RUST_LOG: 'harmony=info' },
    ]);
    expect(await exported(['--format', 'env', '--inline', '-o', 'no/gw.env'])).toEqual({
      code: 1,
      stdout: '',
      stderr: `Error: There is no folder ${file('no')} to write into\nRun: mkdir -p ${file('no')}\n`,
    });
    expect(await exported(words)).toEqual({
      code: 2,
      stdout: '',
      stderr: `${NO_JWT}Error: ${file('gw.env')} is there already, and was left as it is\nHint: With -y it is replaced\n`,
    });
    const { stdout } = succeeded(await exported([...words, '-y', '--json', '--quiet']));
    expect(fitting('runbeam:harmony:export', stdout)).toEqual({
      instance: expect.objectContaining({ id, label: 'My gw' }),
      format: 'env',
      inline: true,
      path: file('gw.env'),
    });
  });

  test('git: secrets are written only where it ignores them', async () => {
    const repo = file('repo');
    mkdirSync(repo);
    execFileSync('git', ['init', '-q', repo]);
    const write = (name: string, ...more: string[]): Promise<Ran> =>
      user.run('runbeam', ['harmony:export', 'My gw', '-q', '--format', 'env', '-o', name, ...more], { cwd: repo });
    expect(await write('.env', '--inline')).toEqual({
      code: 6,
      stdout: '',
      stderr:
        `Error: ${join(repo, '.env')} is not written: git would take this file, and there are secrets in it\n` +
        'Hint: Add .env to .gitignore, or write to a folder outside of the repository\n',
    });
    expect(existsSync(join(repo, '.env'))).toBe(false);
    succeeded(await write('referenced.env'));
    writeFileSync(join(repo, '.gitignore'), '*.env\n');
    succeeded(await write('.env', '--inline'));
    writeFileSync(join(repo, 'had.env'), '');
    execFileSync('git', ['-C', repo, 'add', '-f', 'had.env']);
    expect((await write('had.env', '--inline', '-y')).stderr).toContain('is not written: git has this file');
  });

  test('on a terminal it asks before it shows a secret', async () => {
    const words = ['harmony:export', 'My gw', '--format', 'env', '--inline'];
    const line = `${quoted([...commandOf('runbeam'), ...words])}; echo "ended with $?"`;
    const terminal = keep(openTerminal(line, { cwd: user.work, env: { ...user.env, TERM: 'xterm' }, columns: 100 }));
    await terminal.waitFor(/Show the secrets on this terminal\?/);
    terminal.type('n\r');
    await terminal.waitFor(/ended with 2/);
    expect([terminal.shown().includes(key.slice(0, 20)), terminal.shown().includes('Nothing was shown')]).toEqual([false, true]);
  });

  test('without a key or a token nothing is made up', async () => {
    succeeded(await user.runbeam('harmony:add', '-p', '9', '-l', 'bare', '--no-check'));
    const { stderr } = await user.runbeam('harmony:export', 'bare', '--format', 'env');
    expect(stderr).toMatch(/^Error: There is no key of bare to export\nRun: runbeam harmony:set-key --id [0-9a-f]{8} --key -\n$/);
    const none = await exported(['--format', 'env', '--inline', '--jwt-secret-from', 'env:NOT_SET']);
    expect(none).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'Error: There is no JWT secret in env:NOT_SET\n' +
        'Hint: With --inline, --jwt-secret-from is a file, env:NAME, or - for standard input\n',
    });
  });
});
