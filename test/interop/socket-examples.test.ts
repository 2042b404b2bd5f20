/** The examples of the protocol and of the guide for programs, as they stand there, against a real agent. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PACKAGE_ROOT, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { socketOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import type { CliUser } from '../support/cli-user.ts';
import { json } from '../support/expect-cli.ts';
import { succeeded } from '../support/login.ts';
import { missing } from '../support/programs.ts';
import { startEdgeUser } from '../support/edge.ts';
import { openShell } from '../support/shell.ts';

const run = promisify(execFile);
const keep = cleanup(afterAll);
/** Compilers are slow on a machine that is busy. */
const SLOW = 300_000;
let edge: BeamAuthEdge;
let user: CliUser;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  ({ edge, user } = await startEdgeUser(keep));
  succeeded(await user.beamd('agent', 'start'));
  const { socket } = await socketOf(user, edge);
  env = { ...user.env, PATH: process.env['PATH'] ?? '', BEAMD_AGENT_SOCK: socket };
});

function fencesOf(page: string, language: string): string[] {
  const text = readFileSync(join(PACKAGE_ROOT, page), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, code = '']) => code);
}

/** The only example in a language, in a file of its own folder. */
function exampleIn(language: string, file: string): string {
  const [code = '', ...more] = fencesOf('docs/protocol.md', language);
  expect(more).toEqual([]);
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
  const folder = join(user.work, language);
  mkdirSync(folder);
  writeFileSync(join(folder, file), code);
  return folder;
}

async function printed(program: string, args: readonly string[], cwd: string, more: Readonly<Record<string, string>> = {}) {
  const { stdout } = await run(program, args, { cwd, env: { ...env, ...more } });
  return stdout;
}

/** What `beamd token` gives for the org of the examples, with the time as the given way of asking has it. */
async function grant(): Promise<Readonly<Record<string, unknown>>> {
  return (await json(user, 'beamd:token', 'beamd token --scope acme')) as Readonly<Record<string, unknown>>;
}

async function rpcGrant(): Promise<unknown> {
  const { expires_at: at, ...rest } = await grant();
  return { ...rest, expires_at: Date.parse(String(at)) / 1000 };
}

test('shell', async () => {
  const folder = exampleIn('sh', 'token.sh');
  expect(JSON.parse(await printed('sh', ['token.sh'], folder))).toEqual(await grant());
});

test.skipIf(missing('python3'))('Python', async () => {
  const folder = exampleIn('python', 'token.py');
  expect(await printed('python3', ['token.py'], folder)).toBe(`${String((await grant())['access_token'])}\n`);
});

test.skipIf(missing('go', 'golang'))('Go', { timeout: SLOW }, async () => {
  const folder = exampleIn('go', 'token.go');
  // What it builds of its own library is kept with all else that is built: that takes half a minute.
  const own = { GOCACHE: join(PACKAGE_ROOT, '.build', 'go'), GOPATH: join(folder, 'path'), GO111MODULE: 'off' };
  expect(JSON.parse(await printed('go', ['run', 'token.go'], folder, own))).toEqual(await rpcGrant());
});

test.skipIf(missing('rustc'))('Rust', { timeout: SLOW }, async () => {
  const folder = exampleIn('rust', 'token.rs');
  // What rustup stands in for is found by the home of whoever installed it.
  await run('rustc', ['token.rs', '-o', 'token'], { cwd: folder });
  expect(JSON.parse(await printed(join(folder, 'token'), [], folder))).toEqual({
    jsonrpc: '2.0',
    id: 1,
    result: await rpcGrant(),
  });
});

test('the lines of the guide for programs', async () => {
  const [script = '', ...more] = fencesOf('docs/guides/embedding.md', 'sh');
  expect(more).toEqual([]);
  const { code, stdout } = await openShell(user)(script.trimEnd().replaceAll('\n', '; '));
  const [token = '', scopes = ''] = stdout.trimEnd().split('\n');
  expect([code, JSON.parse(token)]).toEqual([0, await json(user, 'beamd:token', 'beamd token --scope widgets')]);
  expect(JSON.parse(scopes)).toMatchObject({ server: edge.origin, default_scope: 'alice' });
});
