/** The files that `harmony:tokens` writes for others: beside the list, in one step, the same events in every run. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunbeamCloud } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { startAuthorized } from '../support/cloud.ts';
import type { CliUser } from '../support/cli-user.ts';
import { succeeded } from '../support/login.ts';

const keep = cleanup(afterAll);
const FLAGS = ['--ics', 'tokens.ics', '--html', 'tokens.html', '--prometheus', 'tokens.prom'];

let cloud: RunbeamCloud;
let user: CliUser;

beforeAll(async () => {
  ({ cloud, user } = await startAuthorized(keep, 'gate'));
});

const written = (name: string): string => readFileSync(join(user.work, name), 'utf8');
const uids = (): string[] => written('tokens.ics').match(/^UID:.*$/gm) ?? [];

test('three files beside the list: a calendar that keeps its events, a page, the metrics', async () => {
  const list = succeeded(await user.runbeam('harmony:tokens', '--json')).stdout;
  expect(await user.runbeam('harmony:tokens', '--json', ...FLAGS)).toEqual({ code: 0, stdout: list, stderr: '' });
  const [first] = uids();
  const issued = cloud.issued()[0] ?? expect.fail('no token');
  const end = new Date(issued.expiresAt).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  expect(written('tokens.ics')).toContain(`\r\nDTSTART:${end}\r\nSUMMARY:Machine token of gate ends\r\n`);
  expect(written('tokens.html')).toContain('<span class="name">gate<span');
  expect(written('tokens.prom')).toContain('label="gate"');
  writeFileSync(join(user.work, 'usual'), '');
  const usual = statSync(join(user.work, 'usual')).mode;
  // For others to read, and nothing in them that would let them in.
  for (const name of ['tokens.ics', 'tokens.html', 'tokens.prom']) {
    expect([name, statSync(join(user.work, name)).mode]).toEqual([name, usual]);
    expect([name, written(name).includes(issued.machineToken)]).toEqual([name, false]);
  }
  succeeded(await user.runbeam('harmony:tokens', ...FLAGS));
  expect(uids()).toEqual([first]);
  // A new token ends at another time: its event is another, and that of the old one is gone, as with --all.
  succeeded(await user.runbeam('harmony:renew', 'gate'));
  succeeded(await user.runbeam('harmony:tokens', '--all', ...FLAGS));
  expect(uids()).toEqual([expect.not.stringMatching(`^${String(first)}$`)]);
  expect(written('tokens.html').match(/class="name"/g)).toHaveLength(2);
});

test.each(['--ics', '--html', '--prometheus'])('%s into a folder that is not there leads to one', async (flag) => {
  const folder = join(user.work, 'no', 'reports');
  expect(await user.runbeam('harmony:tokens', flag, 'no/reports/file')).toEqual({
    code: 1,
    stdout: '',
    stderr: `Error: There is no folder ${folder} to write into\nRun: mkdir -p ${folder}\n`,
  });
});

test('where a file cannot be written nothing is left beside it, and it is said which', async () => {
  const folder = join(user.work, 'taken.ics');
  mkdirSync(folder);
  writeFileSync(join(folder, 'own'), 'mine');
  expect(await user.runbeam('harmony:tokens', '--ics', 'taken.ics')).toEqual({
    code: 2,
    stdout: '',
    stderr: `Error: Cannot write ${folder}: it is a directory\nHint: Move ${folder} away\n`,
  });
  expect([readdirSync(folder), readdirSync(user.work).sort()]).toEqual([
    ['own'],
    ['taken.ics', 'tokens.html', 'tokens.ics', 'tokens.prom', 'usual'],
  ]);
  expect((await user.runbeam('harmony:tokens', '--due', '5d', '--html', 'x.html')).code).toBe(2);
});
