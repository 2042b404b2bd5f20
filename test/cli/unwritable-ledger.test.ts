/** A ledger that cannot be written: each command that would write to it says so and how to go on, and no token is asked for or deleted. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHarmony, type Harmony, type RunbeamCloud } from '../../sandbox/testing.ts';
import { listInstances } from '../../src/store/instances/instances.ts';
import { tokenMarks } from '../../src/store/instances/machine-token.ts';
import { ledgerFile } from '../../src/store/paths.ts';
import { isRoot } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { startCloudUser } from '../support/cloud.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { json } from '../support/expect-cli.ts';
import { succeeded } from '../support/login.ts';

const keep = cleanup(afterAll);
const ASK = 'POST /api/harmony/authorize';

/** All that writes to the ledger. `a` has a token, `b` has none. */
const WRITERS = [
  'harmony:authorize a -y',
  'harmony:authorize a --via harmony -y',
  'harmony:authorize --all -y',
  'harmony:authorize --match b --via harmony -y',
  'harmony:authorize --file gateways.yaml -y',
  'harmony:renew a',
  'harmony:renew --all',
  'harmony:renew --due 40d',
  'harmony:rotate-key a -y',
  'harmony:revoke a -y',
  'token:get -g b',
  'token:get -g another --new --raw',
];

let cloud: RunbeamCloud;
let gateways: readonly Harmony[];
let everywhere: CliUser;

beforeAll(async () => {
  ({ cloud, user: everywhere } = await startCloudUser(keep));
  gateways = [keep(await startHarmony({ version: '0.12' })), keep(await startHarmony({ version: '0.12' }))];
  for (const [at, { port }] of gateways.entries()) {
    succeeded(await everywhere.runbeam('harmony:add', `127.0.0.1:${String(port)}`, '-l', at === 0 ? 'a' : 'b'));
  }
  succeeded(await everywhere.runbeam('harmony:authorize', 'a', '-y'));
});

/** Another machine with the same files, its ledger made as said. */
function machine(spoil: (ledger: string) => void): { readonly user: CliUser; readonly ledger: string } {
  const user = keep(createCliUser({ from: everywhere, env: { RUNBEAM_API_URL: cloud.origin } }));
  const ledger = ledgerFile(user.homes);
  const entries = gateways.map(({ port }, at) => `  - label: ${at === 0 ? 'a' : 'b'}\n    address: 127.0.0.1:${String(port)}\n`);
  writeFileSync(join(user.work, 'gateways.yaml'), `gateways:\n${entries.join('')}`);
  spoil(ledger);
  return { user, ledger };
}

/** What has happened to tokens, here, at the cloud and at the gateways. */
const traces = async (user: CliUser): Promise<unknown> => ({
  asked: cloud.counters.requests[ASK],
  issued: cloud.issued().length,
  delivered: await Promise.all(gateways.map((gateway) => gateway.storedToken())),
  stored: listInstances(user.homes).map(({ id }) => tokenMarks(user.homes, id)),
});

/** Runs each, and returns what came of it beside what it is to say. Nothing may have happened to a token. */
async function outcomes(user: CliUser): Promise<unknown[]> {
  const before = await traces(user);
  const all: unknown[] = [];
  for (const line of WRITERS) {
    all.push([line, await user.runbeam(...line.split(' '))]);
    expect([line, await traces(user)]).toEqual([line, before]);
  }
  return all;
}

/** What the doctor finds wrong with the home folders. */
async function doctorsView(user: CliUser): Promise<unknown[]> {
  const { findings } = (await json(user, 'runbeam:doctor', 'runbeam doctor --offline', 1)) as {
    findings: { check: string; level: string }[];
  };
  return findings
    .filter(({ check, level }) => check === 'homes' && level === 'error')
    .map(({ check: _check, level: _level, ...rest }) => rest);
}

test('a folder in its place', async () => {
  const { user, ledger } = machine((path) => {
    rmSync(path);
    mkdirSync(path, { mode: 0o700 });
  });
  const said = `Hint: Move ${ledger} away\n`;
  const stderr = expect.stringMatching(
    /^Error: (?:Cannot write )?\S+(?:: it is a directory| is not a regular file)\nHint: .*\n$/,
  );
  expect(await outcomes(user)).toEqual(WRITERS.map((line) => [line, { code: 2, stdout: '', stderr }]));
  expect(await doctorsView(user)).toEqual([
    { message: `${ledger} is not a regular file. Without it no machine token is asked for`, hint: `Move ${ledger} away` },
  ]);
  // Which file it is stands in both lines.
  expect((await user.runbeam('harmony:renew', '--all')).stderr).toBe(`Error: ${ledger} is not a regular file\n${said}`);
  rmSync(ledger, { recursive: true });
  succeeded(await user.runbeam('harmony:renew', 'a'));
});

describe.runIf(isRoot)('a file system that is read-only', () => {
  test('all stays as it was, what only reads goes on, and so does the rest once it can be written', async () => {
    const { user, ledger } = machine((path) => {
      execFileSync('mount', ['--bind', path, path]);
      execFileSync('mount', ['-o', 'remount,ro,bind', path]);
    });
    const text = readFileSync(ledger, 'utf8');
    try {
      const why = `Cannot write ${ledger}: the file system is read-only`;
      const hint = 'Hint: Set RUNBEAM_HOME to another folder\n';
      const said = { code: 1, stdout: '', stderr: `Error: ${why}\n${hint}` };
      // What came of the one gateway that was named is a result.
      const ofOne = { code: 1, stdout: `✗ a  not renewed: ${why}. The old token stays\n${hint}`, stderr: '' };
      expect(await outcomes(user)).toEqual(WRITERS.map((line) => [line, line === 'harmony:renew a' ? ofOne : said]));
      expect(readFileSync(ledger, 'utf8')).toBe(text);
      expect(succeeded(await user.runbeam('harmony:tokens')).stdout).toContain('a ');
      expect((await user.runbeam('harmony:list')).code).toBe(0);
      expect(await doctorsView(user)).toEqual([
        { message: `${why}. Without it no machine token is asked for`, hint: 'Set RUNBEAM_HOME to another folder' },
      ]);
    } finally {
      execFileSync('umount', ['-l', ledger]);
    }
    succeeded(await user.runbeam('harmony:revoke', 'a', '-y'));
  });
});
