/** Each check is shown one thing that is wrong, in a home that is else in order, and finds that and nothing more. */
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { randomToken } from '../../auth/auth.testing.ts';
import { VERSION } from '../../programs.ts';
import { ensurePrivateFolder } from '../../store/files/permissions.ts';
import {
  accountFile,
  agentsFolder,
  configFile,
  encryptionKeyFile,
  instancesFile,
  runbeamConfigFile,
  sealedKeyFile,
} from '../../store/paths.ts';
import { createAccountStore } from '../../store/accounts/account-store.ts';
import { standInKeyring } from '../../store/secrets/keyring.testing.ts';
import { saveAccount, testContexts, type TestContext } from '../services.testing.ts';
import { healthy, lookAt, SERVER, shown, wrongWith, type Look } from './doctor.testing.ts';
import { doctor } from './doctor.ts';
import type { Patient } from './report/finding.ts';

const newContext = testContexts();

let context: TestContext;

const look = (patient: Patient, input?: Look) => lookAt(context, patient, input);
const wrong = (patient: Patient, input?: Look) => wrongWith(context, patient, input);

beforeEach(async () => {
  context = await healthy(newContext());
});

test('where nothing is wrong each check says so', async () => {
  const ok = (check: string, message: string): Record<string, unknown> => ({ check, level: 'ok', message });
  const program = (name: string): Record<string, unknown> => ok('program', `${name} ${VERSION}, Node ${process.version}`);
  expect(await look('beamd')).toEqual([
    program('beamd'),
    ok('settings', 'Nothing in the environment is in the way'),
    ok('homes', '~/.beamd is yours alone'),
    ok('leftovers', 'Killed programs have left nothing behind'),
    ok('project', 'No .beamd applies here'),
    ok('network', 'No proxy and no CA of your own is set'),
    ok('agents', 'No agent is running; one starts when it is needed'),
    ok('accounts', `alice on ${SERVER}: does not expire by itself`),
    ok('keyring', 'There is no OS keyring here; logins are sealed to a key file'),
  ]);
  expect(await wrong('runbeam')).toEqual([
    { check: 'accounts', level: 'warning', message: 'You are not logged in anywhere', hint: 'runbeam login' },
  ]);
});

test('a helper without a login, and one with it', async () => {
  const { user } = context.homes;
  mkdirSync(join(user, '.docker'));
  mkdirSync(join(user, '.kube'));
  const docker = (...hosts: string[]): void =>
    writeFileSync(
      join(user, '.docker/config.json'),
      JSON.stringify({ credHelpers: { 'x.example.com': 'pass', ...Object.fromEntries(hosts.map((host) => [host, 'beamd'])) } }),
    );
  const kube = (...args: string[]): void =>
    writeFileSync(
      join(user, '.kube/config'),
      JSON.stringify({ users: [{ name: 'a' }, { user: { exec: { command: 'beamd', args: ['credential', 'kube', ...args] } } }] }),
    );
  docker(SERVER);
  kube('--server', SERVER);
  const found = (findings: Record<string, unknown>[]) => findings.filter(({ check }) => check === 'helpers');
  const ok = (message: string) => ({ check: 'helpers', level: 'ok', message });
  expect(found(await look('beamd'))).toEqual([
    ok('docker gets tokens here for 1 server'),
    ok('kube gets tokens here for 1 server'),
  ]);
  docker(SERVER, 'gone.example.com');
  kube('--server', SERVER, '--account', 'work');
  expect(found(await look('beamd'))).toEqual([
    {
      check: 'helpers',
      level: 'warning',
      message: 'docker asks here for tokens of gone.example.com, and there is no such login',
      hint: 'beamd setup docker --undo --server gone.example.com',
    },
    {
      check: 'helpers',
      level: 'warning',
      message: `kube asks here for tokens of ${SERVER}, and there is no such login`,
      hint: `beamd setup kube --undo --server ${SERVER} --account work`,
    },
  ]);
});

type Finds = Partial<Record<'check' | 'level' | 'message' | 'hint', string>>;

const at = (path: string): string => join(context.homes.beamd, path);

describe('files', () => {
  test.each<[string, () => void, Finds]>([
    [
      'an open home',
      () => chmodSync(context.homes.beamd, 0o755),
      { check: 'homes', level: 'error', message: '~/.beamd is open to other users (mode 755)' },
    ],
    [
      'a login that others can read',
      () => chmodSync(accountFile(context.homes, SERVER), 0o644),
      { check: 'homes', level: 'error', message: `~/.beamd/accounts/${SERVER}.yaml is open to other users (mode 644)` },
    ],
    [
      'settings that others can read',
      () => writeFileSync(configFile(context.homes), `current: ${SERVER}\n`, { mode: 0o644 }),
      { check: 'homes', level: 'warning', message: '~/.beamd/config is open to other users (mode 644)' },
    ],
  ])('%s: says the mode and the command, and --fix does it', async (_, damage, finding) => {
    damage();
    const path = /^~(\S+)/.exec(finding.message ?? '')?.[1] ?? '';
    const closed = statSync(context.homes.user + path).isDirectory() ? '700' : '600';
    expect(await wrong('beamd')).toEqual([{ ...finding, hint: hintOf(closed, path) }]);
    // It looks, and changes nothing: the login was read meanwhile.
    expect(await wrong('beamd')).toHaveLength(1);
    const mode = /mode (\d+)/.exec(finding.message ?? '')?.[1];
    const fixed = (await look('beamd', { fix: true })).filter((one) => one['fixed'] === true);
    const message = `~${path} was open to other users (mode ${mode}); it is ${closed} now`;
    expect(fixed).toEqual([{ check: 'homes', level: 'ok', fixed: true, message }]);
    expect(await wrong('beamd')).toEqual([]);
  });

  const hintOf = (mode: string, path: string): string => {
    const whole = context.homes.user + path;
    return `chmod ${mode} ${/^[\w./-]+$/.test(whole) ? whole : `'${whole}'`}`.replaceAll(context.homes.user, '~');
  };

  test('many open files are told as a few and a number, and all of them are closed', async () => {
    for (let count = 0; count < 7; count++) {
      writeFileSync(accountFile(context.homes, `edge${count}.example.com`), 'server: x\n', { mode: 0o604 });
    }
    const found = (await wrong('beamd')).filter(({ check }) => check === 'homes');
    expect(found).toHaveLength(5);
    expect(found.at(-1)).toEqual({
      check: 'homes',
      level: 'error',
      message: '3 more files and folders there are open to other users',
    });
    await look('beamd', { fix: true });
    expect((await wrong('beamd')).filter(({ check }) => check === 'homes')).toEqual([]);
  });

  test('a home that is a link is refused, and nothing in it is looked at', async () => {
    const elsewhere = join(context.homes.user, 'elsewhere');
    spawnSync('mv', [context.homes.beamd, elsewhere]);
    symlinkSync(elsewhere, context.homes.beamd);
    expect((await wrong('beamd')).filter(({ check }) => check === 'homes')).toEqual([
      { check: 'homes', level: 'error', message: '~/.beamd is a symbolic link', hint: 'Replace ~/.beamd by a real folder' },
    ]);
  });

  test('what killed writers left is removed, but for what may be the only session of an account', async () => {
    const left = at('.config.0.999999999.aaaaaaaa1.tmp');
    const session = join(at('accounts'), `.${SERVER}.yaml.0.999999999.aaaaaaaa1.tmp`);
    for (const path of [left, session]) {
      writeFileSync(path, '', { mode: 0o600 });
      utimesSync(path, 1, 1);
    }
    const files = '~/.beamd/.config.0.999999999.aaaaaaaa1.tmp';
    expect(await wrong('beamd')).toEqual([
      {
        check: 'leftovers',
        level: 'warning',
        message: `Killed programs have left files behind: ${files}`,
        hint: 'beamd doctor --fix',
      },
    ]);
    expect((await look('beamd', { fix: true })).filter(({ fixed }) => fixed === true)).toEqual([
      { check: 'leftovers', level: 'ok', fixed: true, message: `What killed programs had left was removed: ${files}` },
    ]);
    expect([left, session].map((path) => statSync(path, { throwIfNoEntry: false })?.isFile())).toEqual([undefined, true]);
  });

  test('what agents of accounts that are gone left is removed', async () => {
    mkdirSync(agentsFolder(context.homes), { mode: 0o700 });
    const files = ['gone.example.com.log', 'gone.example.com.pid', `${SERVER}.log`];
    for (const name of files) writeFileSync(join(agentsFolder(context.homes), name), '', { mode: 0o600 });
    const message = 'Agents of accounts that are gone have left files behind: gone.example.com';
    expect(await wrong('beamd')).toEqual([{ check: 'leftovers', level: 'warning', message, hint: 'beamd doctor --fix' }]);
    await look('beamd', { fix: true });
    expect(readdirSync(agentsFolder(context.homes))).toEqual([`${SERVER}.log`]);
  });

  test('files that nobody knows are named; those of the Go and the Rust program are no strangers', async () => {
    writeFileSync(at('notes.txt'), '', { mode: 0o600 });
    expect(await wrong('beamd')).toEqual([
      {
        check: 'strangers',
        level: 'warning',
        message: 'There are files that beamd does not know: ~/.beamd/notes.txt',
        hint: 'Move them away if they are of no use to you; nothing here reads them',
      },
    ]);
    rmSync(at('notes.txt'));
    writeFileSync(join(at('accounts'), 'go.example.com_443.yaml'), 'server: go.example.com:443\ntoken: abc\n', { mode: 0o600 });
    mkdirSync(join(context.homes.runbeam, 'runbeam-cli'), { recursive: true, mode: 0o700 });
    const others = (await look('runbeam')).filter(({ check }) => check === 'strangers');
    expect(others.map(({ message }) => message)).toEqual([
      'The Go beamd keeps files here too: ~/.beamd/accounts/go.example.com_443.yaml',
      'The Rust runbeam keeps its login here too: ~/.runbeam/runbeam-cli',
    ]);
  });
});

describe('logins', () => {
  const NOW = Math.floor(Date.now() / 1000);

  test.each<[string, Parameters<typeof saveAccount>[2], Parameters<typeof saveAccount>[3], Finds]>([
    [
      'one that ran out',
      {},
      { expiresAt: NOW - 60 },
      {
        level: 'error',
        message: `alice on ${SERVER}: expired at ${NOW - 60}, and cannot be renewed`,
        hint: `beamd login --server ${SERVER}`,
      },
    ],
    [
      'one that will soon',
      {},
      { expiresAt: NOW + 86_400 },
      {
        level: 'warning',
        message: `alice on ${SERVER}: valid, expires at ${NOW + 86_400}, and cannot be renewed`,
        hint: `beamd login --server ${SERVER}`,
      },
    ],
    [
      'a default org that is none',
      { defaultScope: 'gone' },
      {},
      {
        level: 'warning',
        message: `alice on ${SERVER}: the default org gone is not among your orgs`,
        hint: `beamd orgs --refresh --server ${SERVER}`,
      },
    ],
    [
      'any certificate accepted',
      { insecureSkipVerify: true },
      {},
      {
        level: 'warning',
        message: `alice on ${SERVER}: any certificate is accepted (login --insecure)`,
        hint: `beamd login --server ${SERVER} --ca-file FILE`,
      },
    ],
  ])('%s', async (_, part, credential, finding) => {
    await saveAccount(context, `https://${SERVER}`, part, credential);
    expect(await wrong('beamd')).toEqual([{ check: 'accounts', ...finding }]);
  });

  test('one that ended, and one whose file is broken', async () => {
    await context.accounts.withLock(SERVER, async (locked) => locked.end(1_000));
    const broken = accountFile(context.homes, 'broken.example.com');
    writeFileSync(broken, 'server: [\n', { mode: 0o600 });
    const found = await wrong('beamd');
    expect(found).toEqual([
      {
        check: 'accounts',
        level: 'error',
        message: expect.stringContaining('broken.example.com.yaml') as string,
        hint: expect.any(String) as string,
      },
      {
        check: 'accounts',
        level: 'error',
        message: `alice on ${SERVER}: the session ended at 1000`,
        hint: `beamd login --server ${SERVER}`,
      },
    ]);
  });

  test('one whose key is gone', async () => {
    rmSync(encryptionKeyFile(context.homes));
    expect(await wrong('beamd')).toEqual([
      {
        check: 'accounts',
        level: 'error',
        message: `alice on ${SERVER}: The credential of ${SERVER} is encrypted and its key is missing`,
        hint: 'Put back ~/.beamd/encryption.key or set BEAMD_ENCRYPTION_KEY, or log in again',
      },
    ]);
  });
});

describe('surroundings', () => {
  test.each<[string, Patient, Readonly<Record<string, string>>, Finds]>([
    [
      'a token that wins',
      'beamd',
      { BEAMD_TOKEN: 'x' },
      {
        check: 'settings',
        level: 'warning',
        message: 'BEAMD_TOKEN is set: it is used in place of your login',
        hint: 'unset BEAMD_TOKEN',
      },
    ],
    [
      'a server that is none',
      'beamd',
      { BEAMD_SERVER: '40199' },
      {
        check: 'settings',
        level: 'error',
        message: 'BEAMD_SERVER: 40199 is a number, and no host: an address has four, with dots between',
        hint: 'Set BEAMD_SERVER right, or unset it',
      },
    ],
    [
      'a cloud that is none',
      'runbeam',
      { RUNBEAM_API_URL: 'nowhere' },
      { check: 'settings', level: 'error', message: 'The API URL is not a URL that starts with https://' },
    ],
    [
      'a proxy that cannot be used',
      'beamd',
      { HTTPS_PROXY: 'socks5://127.0.0.1:1' },
      {
        check: 'network',
        level: 'error',
        message: 'The proxy in HTTPS_PROXY cannot be used: only proxies whose URL starts with http:// or https:// are spoken to',
      },
    ],
    [
      'a CA file that is gone',
      'beamd',
      { NODE_EXTRA_CA_CERTS: '/nowhere/ca.pem' },
      {
        check: 'network',
        level: 'error',
        message: 'NODE_EXTRA_CA_CERTS: /nowhere/ca.pem cannot be read (ENOENT)',
        hint: 'Set NODE_EXTRA_CA_CERTS to a PEM file, or unset it',
      },
    ],
    [
      'a CA folder that is gone',
      'beamd',
      { SSL_CERT_DIR: '/nowhere' },
      {
        check: 'network',
        level: 'warning',
        message: 'SSL_CERT_DIR: /nowhere is no folder',
        hint: 'Set SSL_CERT_DIR right, or unset it',
      },
    ],
    [
      'no program',
      'beamd',
      { PATH: '/nowhere' },
      {
        check: 'program',
        level: 'warning',
        message: 'No beamd is on the PATH',
        hint: 'Put the folder that it is in on the PATH',
      },
    ],
    [
      'no completion',
      'beamd',
      { SHELL: '/opt/bin/fish', XDG_DATA_DIRS: '/nowhere', XDG_CONFIG_HOME: '/nowhere' },
      {
        check: 'completion',
        level: 'warning',
        message: 'Completion of beamd is not installed for fish',
        hint: 'mkdir -p ~/.config/fish/completions && beamd completion fish > ~/.config/fish/completions/beamd.fish',
      },
    ],
  ])('%s', async (_, patient, env, finding) => {
    if (patient === 'runbeam')
      await saveAccount(context, 'https://api.runbeam.io', {
        provider: 'runbeam',
        dialect: 'runbeam',
        apiUrl: 'https://api.runbeam.io',
      });
    const found = (await wrong(patient, { env })).map(({ hint, ...rest }) =>
      finding.hint === undefined ? rest : { ...rest, hint },
    );
    expect(found).toEqual([finding]);
  });

  test('a CA file without a certificate, and one with a broken one', async () => {
    const file = join(context.homes.user, 'ca.pem');
    const env = { SSL_CERT_FILE: file };
    writeFileSync(file, 'nothing');
    expect((await wrong('beamd', { env })).map(({ message }) => message)).toEqual([
      'SSL_CERT_FILE: ~/ca.pem holds no certificate',
    ]);
    writeFileSync(file, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    expect((await wrong('beamd', { env })).map(({ message }) => message)).toEqual([
      'SSL_CERT_FILE: 1 certificate in ~/ca.pem cannot be read',
    ]);
  });

  test('two different programs of one name; two names of one are one', async () => {
    const [first, second] = ['bin', 'other'].map((name) => join(context.homes.user, name));
    mkdirSync(second ?? '');
    symlinkSync(join(first ?? '', 'beamd'), join(second ?? '', 'beamd'));
    const env = { PATH: `${first ?? ''}:${second ?? ''}` };
    expect(await wrong('beamd', { env })).toEqual([]);
    rmSync(join(second ?? '', 'beamd'));
    writeFileSync(join(second ?? '', 'beamd'), '', { mode: 0o755 });
    expect(await wrong('beamd', { env })).toEqual([
      {
        check: 'program',
        level: 'warning',
        message: 'There is more than one beamd on the PATH: ~/bin/beamd and ~/other/beamd; the first is used',
        hint: 'Remove those that are not wanted, or put another folder first',
      },
    ]);
  });

  test.each([
    ['absent', 'There is no OS keyring here'],
    ['locked', 'The OS keyring is locked'],
    ['hangs', 'The OS keyring does not answer'],
    ['garbage', 'The OS keyring cannot be used'],
  ] as const)('a keyring that is needed and %s', async (behaviour, said) => {
    const folder = join(context.homes.user, 'keyring');
    mkdirSync(folder);
    const standIn = standInKeyring(folder);
    const { homes, clock } = context;
    const env = { ...context.env, ...standIn.env };
    const keyring = { program: standIn.program, deadline: 300 };
    await saveAccount({ accounts: createAccountStore({ homes, clock, env, storage: 'keyring', keyring }) }, `https://${SERVER}`);
    standIn.behave(behaviour);
    const { findings } = await doctor(
      { ...context, env, keyring },
      { patient: 'beamd', fix: false, offline: true, withHosts: false },
    );
    const found = findings.map((one) => shown(context, one)).filter(({ level }) => level !== 'ok');
    expect(found.map(({ check, level, message }) => ({ check, level, message }))).toEqual([
      { check: 'accounts', level: 'error', message: `alice on ${SERVER}: ${said}` },
      { check: 'keyring', level: 'error', message: `${said}, and logins are kept in it` },
    ]);
  });

  test('a keyring that holds what the key of a gateway is sealed to is needed, too', async () => {
    const { homes } = context;
    ensurePrivateFolder(homes.runbeam);
    ensurePrivateFolder(join(homes.runbeam, '1a2b3c4d'));
    writeFileSync(sealedKeyFile(homes, '1a2b3c4d'), '', { mode: 0o600 });
    const { findings } = await doctor(context, { patient: 'runbeam', fix: false, offline: true, withHosts: false });
    const found = findings.map((one) => shown(context, one)).filter(({ check }) => check === 'keyring');
    expect(found.map(({ level, message }) => ({ level, message }))).toEqual([
      { level: 'error', message: 'There is no OS keyring here, and keys of gateways are kept in it' },
    ]);
  });
});

describe('what users write', () => {
  test.each<[string, string, Finds]>([
    [
      'a secret',
      'server: edge.example.com\ntoken: abc\n',
      { level: 'error', message: '~/.beamd-project/.beamd:2 holds a secret (`token`)' },
    ],
    [
      'a mistyped key',
      'serverr: edge.example.com\n',
      { level: 'warning', message: '~/p/.beamd:1: .beamd has no key `serverr`; did you mean `server`?' },
    ],
    [
      'a server without a login',
      'server: other.example.com\n',
      {
        level: 'warning',
        message: 'This project uses other.example.com, and you are not logged in there',
        hint: 'beamd login --server other.example.com',
      },
    ],
    [
      'an org that is none',
      'server: edge.example.com\nscope: acne\n',
      { level: 'error', message: `acne is not among your orgs on ${SERVER}`, hint: 'Did you mean acme?' },
    ],
  ])('a .beamd with %s', async (_, text, finding) => {
    const cwd = join(context.homes.user, 'p');
    mkdirSync(cwd);
    writeFileSync(join(cwd, '.beamd'), text);
    context = { ...context, cwd };
    const found = (await wrong('beamd')).map(({ hint, ...rest }) => (finding.hint === undefined ? rest : { ...rest, hint }));
    expect(found).toEqual([{ check: 'project', ...finding, message: finding.message?.replace('.beamd-project', 'p') }]);
  });

  test('a key file that others can read, named or of the usual name', async () => {
    const file = join(context.cwd, 'app.yaml');
    writeFileSync(file, `server: ${SERVER}\ntoken: ${randomToken()}\n`);
    chmodSync(file, 0o644);
    const found = [
      { check: 'key-files', level: 'warning', message: '~/app.yaml holds a key, and other users can read it (mode 644)' },
    ];
    const seen = async (input?: Look): Promise<unknown> => (await wrong('beamd', input)).map(({ hint: _, ...rest }) => rest);
    expect(await seen()).toEqual(found);
    expect(await seen({ config: file })).toEqual(found);
    chmodSync(file, 0o600);
    expect(await seen()).toEqual([]);
    writeFileSync(file, 'version: 3\n', { mode: 0o644 });
    expect(await seen()).toEqual([]);
    expect(await seen({ config: file })).toEqual([{ check: 'key-files', level: 'error', message: '~/app.yaml lacks `token`' }]);
  });

  test('settings of runbeam that cannot be read', async () => {
    await saveAccount(context, 'https://api.runbeam.io', {
      provider: 'runbeam',
      dialect: 'runbeam',
      apiUrl: 'https://api.runbeam.io',
    });
    mkdirSync(context.homes.runbeam, { mode: 0o700 });
    writeFileSync(runbeamConfigFile(context.homes), '{"api_url": "http://plain.example.com"}', { mode: 0o600 });
    writeFileSync(instancesFile(context.homes), '[{"id": 1}]', { mode: 0o600 });
    expect((await wrong('runbeam')).map(({ check, level }) => [check, level])).toEqual([
      ['settings', 'error'],
      ['settings', 'error'],
    ]);
  });
});
