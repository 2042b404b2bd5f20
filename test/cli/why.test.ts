/** `beamd why`: what the ladder looked at, as people and programs read it, and the exit code of every other command. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'valibot';
import type { BeamAuthEdge } from '../../sandbox/testing.ts';
import { whySchema } from '../../src/cli/json/why.ts';
import { sourceName } from '../../src/cli/present/source.ts';
import { RUNG_WORDS } from '../../src/services/target/rungs.ts';
import { cleanup } from '../support/cleanup.ts';
import type { CliUser } from '../support/cli-user.ts';
import { expectCli, json } from '../support/expect-cli.ts';
import { startEdgeUser } from '../support/edge.ts';

const keep = cleanup(afterAll);
let edge: BeamAuthEdge;
let user: CliUser;

beforeAll(async () => {
  ({ edge, user } = await startEdgeUser(keep));
  writeFileSync(join(user.work, '.beamd'), `# ours\nserver: ${edge.origin}\nscope: acme\n`);
});

test('a pinned org, and what stands above and below it', () =>
  expectCli(user, 'beamd why scope', {
    stdout: `Org  acme
- --scope                   not given
- BEAMD_SCOPE               not set
✓ ~/work/.beamd:3    acme
- the default org    alice  .beamd comes first
- your personal org  alice  .beamd comes first
`,
  }));

test('the same for programs', async () => {
  const path = join(user.work, '.beamd');
  expect(await json(user, 'beamd:why', 'beamd why org')).toEqual({
    topics: [
      {
        topic: 'scope',
        value: 'acme',
        candidates: [
          { source: 'flag', state: 'absent' },
          { source: 'env', state: 'absent' },
          { source: 'project', path, line: 3, value: 'acme', state: 'won' },
          { source: 'default-scope', value: 'alice', state: 'lost' },
          { source: 'first-scope', value: 'alice', state: 'lost' },
        ],
      },
    ],
  });
});

test('the rungs have the names that the ladder has in the documents, in the same order', async () => {
  const { topics } = parse(whySchema, JSON.parse((await user.beamd('why', '--json')).stdout));
  const rungs = RUNG_WORDS.slice(1).map((words) => words.rungs.map((rung) => rung.replaceAll('`', '')));
  // With no token and no socket around, the last two are not told of.
  const told = topics.map(({ topic, candidates }) => candidates.map(({ source }) => sourceName(topic, { kind: source })));
  expect(told.map((names) => names.length)).toEqual([6, 6, 5, 2]);
  const pairs = told.flatMap((names, row) =>
    row === 3 ? [] : names.map((name, at) => ({ name, rung: rungs[row]?.[at] ?? '' })),
  );
  expect(pairs.filter(({ name, rung }) => !rung.includes(name))).toEqual([]);
  expect(rungs.slice(0, 3).map((row) => row.length)).toEqual([6, 6, 5]);
});

test('the default server is named where nothing leads to it', async () => {
  const { stdout } = await user.run('beamd', ['why', 'server'], { env: { BEAMD_DEFAULT_HOST: 'plane.example.com' } });
  expect(stdout).toMatch(/\n- the default server +plane\.example\.com +is for a bare login, and for BEAMD_TOKEN\n$/);
});

test('a token of the environment is named by its variable alone', () =>
  expectCli(
    user,
    'beamd why token',
    { stdout: 'Token\n✓ BEAMD_TOKEN\n- the account    BEAMD_TOKEN comes first\n' },
    { env: { BEAMD_TOKEN: 'canary', BEAMD_SERVER: edge.origin } },
  ));

test('a project chooses no server for it', () =>
  expectCli(
    user,
    'beamd why token',
    {
      stdout: `Token  of ${edge.origin}\n- BEAMD_TOKEN    goes to no server that only a project names\n✓ the account\n`,
    },
    { env: { BEAMD_TOKEN: 'canary' } },
  ));

test('where it comes to nothing it says so, and ends as every other command', async () => {
  const options = { env: { BEAMD_SERVER: 'nowhere.example.com' } };
  const { code, stdout, stderr } = await user.run('beamd', ['why'], options);
  const whoami = await user.run('beamd', ['whoami'], options);
  expect({ code, stderr }).toEqual({ code: 4, stderr: whoami.stderr });
  expect(stdout).toContain('✓ BEAMD_SERVER');
  const asked = await user.run('beamd', ['why', 'server', '--json'], options);
  expect({ code: asked.code, stderr: asked.stderr }).toEqual({ code: 4, stderr: '' });
  expect(JSON.parse(asked.stdout)).toMatchObject({ error: { code: 'login_required' }, topics: [{ topic: 'server' }] });
});

test('an org that is not among yours', async () => {
  const { code, stderr } = await user.run('beamd', ['why', 'scope', '--scope', 'gone']);
  const whoami = await user.run('beamd', ['whoami', '--scope', 'gone']);
  expect({ code, stderr }).toEqual({ code: 6, stderr: whoami.stderr });
});
