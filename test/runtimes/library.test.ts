/** The package as it is published, installed into a project, and a program for each of its entries on every runtime. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  PACKAGE_ROOT,
  startBeamAuthEdge,
  startRunbeamCloud,
  type BeamAuthEdge,
  type RunbeamCloud,
} from '../../sandbox/testing.ts';
import { packPackage } from '../../scripts/package.ts';
import { runNpm } from '../../scripts/tools.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, NODE } from '../support/cli-user.ts';
import { logIn, succeeded } from '../support/login.ts';
import { programFiles } from './programs.ts';
import { runtimes } from './runtimes.ts';

const run = promisify(execFile);
const keep = cleanup();
/** What Node 20 says of its own, once, to whoever takes this from its Web Crypto. */
const X25519 = /^\(node:\d+\) ExperimentalWarning: The X25519 Web Crypto API .*\n\(Use `node --trace-warnings .*\n/;
let project: string;
let cloud: RunbeamCloud;
let edge: BeamAuthEdge;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'runtimes-'));
  writeFileSync(join(project, 'package.json'), '{"private":true}');
  const packed = packPackage({ dist: join(PACKAGE_ROOT, 'dist'), into: project });
  runNpm(project, 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', packed);
  for (const [name, text] of programFiles()) writeFileSync(join(project, name), text);
  [cloud, edge] = [await startRunbeamCloud(), await startBeamAuthEdge()];
  cloud.addGateway('a');
});
afterAll(async () => {
  rmSync(project, { recursive: true, force: true });
  await Promise.all([cloud.close(), edge.close()]);
});

describe.each(runtimes())('$name $version', ({ name, command: [file, ...args], version }) => {
  /** What a program printed; throws for one that failed, with what it said. */
  async function printed(program: string, env: Readonly<Record<string, string>>): Promise<unknown> {
    // Bun and Deno keep to this folder, and ask nobody for anything new.
    const own = { DENO_DIR: join(env['HOME'] ?? '', 'deno'), DENO_NO_UPDATE_CHECK: '1', DO_NOT_TRACK: '1' };
    const path = { PATH: `${dirname(NODE)}:/usr/bin:/bin` };
    const { stdout, stderr } = await run(file, [...args, program], {
      cwd: project,
      env: { ...env, ...own, ...path },
      timeout: 60_000,
    });
    expect(stderr.replace(X25519, '')).toBe('');
    return JSON.parse(stdout);
  }

  describe.skipIf(version === undefined)(version === undefined ? `skipped: npm has no ${name} for this system` : 'runs', () => {
    test.each(['runbeam.mjs', 'runbeam.cjs'])('%s', async (program) => {
      const user = keep(createCliUser());
      const token = await cloud.issueUserToken();
      expect(await printed(program, { ...user.env, RUNBEAM_API_URL: cloud.origin, RUNBEAM_TOKEN: token })).toEqual({
        gateways: ['Gateway a'],
        missing: 'not_found',
        away: 'network',
        aborted: 'interrupted',
        kept: ['gw_1', true, true, '[redacted]'],
        gone: true,
        verified: 'jwt',
        callers: [true, 401],
      });
    });

    test.each(['agent.mjs', 'agent.cjs'])('%s', async (program) => {
      const user = keep(createCliUser());
      await logIn(user, edge);
      const token = succeeded(await user.beamd('token')).stdout.trim();
      const TEST_BIN = join(project, 'node_modules/@beamd/cli/bin/beamd.js');
      mkdirSync(join(user.home, 'deno'));
      expect(await printed(program, { ...user.env, TEST_BIN, TEST_NODE: NODE })).toEqual({
        token,
        status: 200,
        scopes: 3,
        elsewhere: 'forbidden',
        scope: 'unknown_scope',
        aborted: 'interrupted',
        same: true,
        events: ['restarted'],
        closed: 'usage',
      });
    });
  });
});
