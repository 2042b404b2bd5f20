/**
 * What stands in the current folder, and in the home, is not read for settings of the runtime: an executable made with Bun
 * would take variables and code to run first from there.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { STANDALONE_BIN, startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { startCanaryHost, type CanaryHost } from '../support/canary-host.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { writeText } from '../support/files.ts';
import { logIn, succeeded } from '../support/login.ts';

const keep = cleanup();
const PROC = existsSync('/proc/self/environ');

let edge: BeamAuthEdge;
let canary: CanaryHost;
let user: CliUser;
/** Is there once code of somebody else has run. */
let ran: string;
/** Nobody may ever show or send it. */
const secret = randomBytes(16).toString('hex');

/** Runtime settings of every kind, in the working folder and in the home, that bring code along or lead elsewhere. */
beforeEach(async () => {
  edge = keep(await startBeamAuthEdge());
  canary = keep(await startCanaryHost());
  user = keep(createCliUser());
  await logIn(user, edge);
  ran = join(user.root, 'ran');
  const code = writeText(
    user,
    'evil.js',
    `require('fs').appendFileSync(${JSON.stringify(ran)}, process.argv.join(' ') + '\\n');\n`,
  );
  const variables = [
    `BEAMD_SERVER=${canary.origin}`,
    `BEAMD_TOKEN=${secret}`,
    `HTTPS_PROXY=${canary.origin}`,
    `BUN_OPTIONS=--preload=${code}`,
    `NODE_OPTIONS=--require=${code}`,
    `FROM_FILE=${secret}`,
  ].join('\n');
  const bunfig = `preload = [${JSON.stringify(code)}]\n[run]\nbun = true\n[define]\n"process.env.BEAMD_SERVER" = "'${canary.origin}'"\n`;
  const modules = ['@napi-rs/keyring', 'typescript', 'node:fs'];
  const paths = Object.fromEntries(modules.map((name) => [name, [code]]));
  for (const folder of ['', '../', '../.config/', '../.bun/']) {
    for (const name of ['.env', '.env.local', '.env.production', '.env.development'])
      writeText(user, `${folder}${name}`, variables);
    for (const name of ['bunfig.toml', '.bunfig.toml']) writeText(user, `${folder}${name}`, bunfig);
    for (const name of ['tsconfig.json', 'jsconfig.json'])
      writeText(user, `${folder}${name}`, JSON.stringify({ compilerOptions: { baseUrl: '.', paths } }));
    const own = { name: '@beamd/cli', main: code, imports: { '#x': code }, oclif: { plugins: ['evil'], hooks: { init: code } } };
    writeText(user, `${folder}package.json`, JSON.stringify(own));
    for (const name of ['typescript', 'evil', 'picomatch', '@napi-rs/keyring'])
      writeText(user, `${folder}node_modules/${name}/index.js`, readFileSync(code, 'utf8'));
  }
});

const COMMANDS = ['token', 'whoami --json', 'orgs', 'status', 'accounts', '--help', '--version', 'nonsense', 'exec -- true'];

test.each([
  ['in the working folder and the home', undefined],
  ['and where XDG_CONFIG_HOME points', 'work'],
])('no code of a folder runs, and no variable of its files counts, %s', async (_, config) => {
  const env: Record<string, string> = config === undefined ? {} : { XDG_CONFIG_HOME: join(user.home, config) };
  // From a folder below as well: some such files are looked for on the way up.
  const below = join(user.work, 'deep/down');
  mkdirSync(below, { recursive: true });
  for (const cwd of [user.work, below]) {
    succeeded(await user.run('beamd', ['agent', 'stop'], { cwd, env }));
    for (const line of COMMANDS) {
      const { code } = await user.run('beamd', line.split(' '), { cwd, env });
      expect({ line, code }).toEqual({ line, code: line === 'nonsense' ? 2 : 0 });
    }
    const listed = succeeded(await user.run('beamd', ['exec', '--', 'env'], { cwd, env })).stdout;
    expect(listed).toContain(`BEAMD_SERVER=${edge.origin}\n`);
    expect({ fromFile: listed.includes(secret) }).toEqual({ fromFile: false });
  }
  expect({ ran: existsSync(ran), canary: canary.connections(), shown: user.transcript().includes(secret) }).toEqual({
    ran: false,
    canary: 0,
    shown: false,
  });
});

test.skipIf(!PROC)('what a caller has the runtime load reaches no agent, and nothing that an executable runs', async () => {
  const code = join(user.work, 'evil.js');
  const env = {
    ...(STANDALONE_BIN === undefined ? { NODE_OPTIONS: `--require=${code}` } : { BUN_OPTIONS: `--preload=${code}` }),
    BUN_INSPECT_CONNECT_TO: '',
    BUN_CONFIG_VERBOSE_FETCH: 'curl',
    FROM_CALLER: secret,
  };
  succeeded(await user.beamd('agent', 'stop'));
  succeeded(await user.run('beamd', ['token'], { env }));
  // Once, in the command, whose own environment it is: that shows that it would be seen elsewhere.
  expect(readFileSync(ran, 'utf8')).toMatch(/^.* token\n$/);
  const [agent] = user.agents();
  const environment = readFileSync(`/proc/${String(agent?.pid)}/environ`, 'latin1');
  expect(Object.keys(env).filter((name) => environment.includes(`${name}=`))).toEqual([]);
  expect(readlinkSync(`/proc/${String(agent?.pid)}/cwd`)).toBe('/');

  const listed = succeeded(await user.run('beamd', ['exec', '--', 'env'], { env })).stdout;
  const names = listed.split('\n').map((line) => line.slice(0, line.indexOf('=')));
  // What Node's variables do, they do to other programs: they are the caller's business.
  const left = STANDALONE_BIN === undefined ? Object.keys(env) : ['BUN_CONFIG_VERBOSE_FETCH', 'FROM_CALLER'];
  expect(names.filter((name) => name in env).toSorted()).toEqual(left.toSorted());
});
