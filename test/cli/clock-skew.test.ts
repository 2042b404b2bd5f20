/** A clock that is wrong is named by the commands that ask a server, and costs no session. */
import { expect, test } from 'vitest';
import { startBeamAuthEdge, startOAuthEdge, startRunbeamCloud, type Fault } from '../../sandbox/testing.ts';
import { forgetKeySets, logIn, logInToCloud, succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';

const keep = cleanup();

/** The server says it is that many minutes later than here. */
function later(minutes: number): Fault {
  return { headers: () => ({ date: new Date(Date.now() + minutes * 60_000).toUTCString() }), times: Infinity };
}

test('login, status --check and verify say how far it is off', async () => {
  const [beam, oauth, cloud] = await Promise.all([startBeamAuthEdge(), startOAuthEdge(), startRunbeamCloud()]);
  const user = createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } });
  for (const one of [beam, oauth, cloud, user]) keep(one);
  beam.faults.next('*', later(30));
  oauth.faults.next('*', later(-30));
  cloud.faults.next('*', later(180));

  const logins = await Promise.all([logIn(user, beam), logIn(user, oauth), logInToCloud(user, cloud)]);
  const said = ['30 min behind', '30 min ahead of', '3 h behind'].map(
    (off) => `This machine's clock is ${off} the server. Set it right.`,
  );
  for (const [index, line] of said.entries()) expect(logins[index]?.stderr).toContain(line);

  forgetKeySets(user);
  const [status, json, verify] = await Promise.all([
    user.beamd('status', '--check', '--server', beam.origin),
    user.beamd('status', '--check', '--server', oauth.origin, '--json'),
    user.runbeam('verify'),
  ]);
  expect(succeeded(status).stdout).toContain(`Checked  valid\nClock    30 min behind ${beam.origin}\n`);
  const { check } = JSON.parse(succeeded(json).stdout) as { check: { verdict: string; clock_skew: number } };
  expect(check.verdict).toBe('valid');
  expect(Math.abs(check.clock_skew - 1_800)).toBeLessThan(30);
  expect(verify.stdout).toContain(`clock     3 h behind ${cloud.origin}\n`);

  // How long a token lives is counted from here, whatever the server's clock says.
  expect((await user.beamd('token', '--server', beam.origin)).code).toBe(0);
  for (const server of [beam, oauth, cloud]) server.faults.clear();
  expect((await user.beamd('status', '--check', '--server', beam.origin)).stdout).not.toContain('Clock');
});
