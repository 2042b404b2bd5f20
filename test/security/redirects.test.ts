/** No redirect is followed, whatever call it answers: nothing that a request carried reaches the other host. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBeamAuthEdge, startHarmony, startRunbeamCloud } from '../../sandbox/testing.ts';
import { BeamError } from '../../src/errors.ts';
import { forgetKeySets, logIn, logInToCloud, succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { startCanaryHost, type CanaryHost } from '../support/canary-host.ts';
import { CALLS, startEveryCall, type EveryCall } from '../support/every-call.ts';

const STATUSES = [301, 302, 303, 307, 308] as const;

const keepForAll = cleanup(afterAll);
let canary: CanaryHost;
let every: EveryCall;

beforeAll(async () => {
  canary = keepForAll(await startCanaryHost());
  every = await startEveryCall();
  keepForAll(every.server);
});

describe.each(STATUSES)('status %i', (status) => {
  test.each(CALLS)('%s', async (_, { call, run }) => {
    const location = `${canary.origin}${call.split(' ')[1] ?? ''}`;
    every.answer = [status, { access_token: 'x' }, { location }];
    const failed = await run(every);
    if (failed !== undefined) expect(failed).toBeInstanceOf(BeamError);
    expect(every.server.asked.map((one) => one.call)).toContain(call);
    expect({ connections: canary.connections(), received: canary.received() }).toEqual({ connections: 0, received: '' });
  });
});

describe('the programs themselves', () => {
  const keep = cleanup();

  test('307 to every request: the commands fail, and nobody else is asked', async () => {
    const [edge, place, gateway] = await Promise.all([startBeamAuthEdge({ expiresIn: 1 }), startRunbeamCloud(), startHarmony()]);
    for (const one of [edge, place, gateway]) keep(one);
    const user = keep(createCliUser({ env: { RUNBEAM_API_URL: place.origin } }));
    await Promise.all([logIn(user, edge), logInToCloud(user, place)]);
    succeeded(await user.runbeam('harmony:add', '-p', String(gateway.port), '-l', 'gw'));
    // Before that, `token` has one to give and asks nobody.
    await expect.poll(async () => (await user.beamd('status', '--json')).stdout).toContain('"renewable"');
    const fault = { status: 307, headers: { location: `${canary.origin}/x` }, times: Infinity };
    for (const one of [edge, place, gateway]) one.faults.next('*', fault);
    forgetKeySets(user);

    const server_ = ['--server', edge.origin];
    const env = { BEAMD_SERVER: edge.origin, BEAMD_TOKEN: edge.apiKey };
    const ran = await Promise.all([
      user.beamd('token', ...server_),
      user.beamd('orgs', '--refresh', ...server_),
      user.beamd('status', '--check', ...server_),
      user.run('beamd', ['whoami'], { env }),
      user.runbeam('login'),
      user.runbeam('verify'),
      user.runbeam('harmony:info', '-l', 'gw'),
      user.runbeam('harmony:authorize', '-l', 'gw', '-y'),
      user.runbeam('harmony:authorize', '-l', 'gw', '-y', '--via', 'harmony'),
    ]);
    expect(ran.map((one) => one.code)).toEqual(ran.map(() => 5));
    // A redirect where a discovery document might be is no word that there is none.
    expect((await user.beamd('login', ...server_)).code).toBe(5);
    expect((await user.beamd('logout', ...server_)).code).toBe(0);
    expect({ connections: canary.connections(), received: canary.received() }).toEqual({ connections: 0, received: '' });
  });
});
