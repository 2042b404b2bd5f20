/** Names, files, arguments and variables on their way to a terminal: nothing that it would act on arrives. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { BeamAuthEdge } from '../../sandbox/testing.ts';
import { succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import type { CliUser } from '../support/cli-user.ts';
import { startEdgeUser } from '../support/edge.ts';
import { EVIL, expectAllClean } from '../support/hostile-text.ts';

const keep = cleanup(afterAll);
let edge: BeamAuthEdge;
let user: CliUser;

beforeAll(async () => {
  ({ edge, user } = await startEdgeUser(keep));
  succeeded(await user.beamd('agent', 'start'));
});

test('folders, projects, configurations and logs with such names and values', async () => {
  const cwd = join(user.work, `repo${EVIL.replaceAll('\0', '').replaceAll('/', '')}`.slice(0, 100));
  mkdirSync(cwd);
  writeFileSync(join(cwd, '.beamd'), `server: ${edge.origin}\nscope: ${JSON.stringify(EVIL)}\nname: ${JSON.stringify(EVIL)}\n`);
  writeFileSync(join(cwd, 'bad.yaml'), `server: ${JSON.stringify(EVIL)}\ntoken: x\n`);
  appendFileSync(join(user.home, `.beamd/agents/127.0.0.1_${edge.port}.log`), `${EVIL}\n`);
  await expectAllClean(
    user,
    [
      'beamd whoami',
      'beamd status',
      'beamd token',
      'beamd link',
      'beamd agent log',
      'beamd --config bad.yaml whoami',
      'beamd --config none.yaml',
    ],
    { cwd },
  );
  writeFileSync(join(cwd, '.beamd'), 'token: x\n');
  await expectAllClean(user, ['beamd whoami'], { cwd });
});

test('arguments and variables', async () => {
  const text = EVIL.replaceAll('\0', '').replaceAll(/\s/gu, '');
  await expectAllClean(user, [
    `beamd whoami --scope ${text}`,
    `beamd whoami --server ${text}`,
    `beamd ${text}`,
    `beamd --${text}`,
    `runbeam harmony:info -l ${text}`,
  ]);
  await expectAllClean(user, ['beamd status', 'runbeam config:get'], {
    env: { BEAMD_SCOPE: text, RUNBEAM_API_URL: `https://${text}` },
  });
});
