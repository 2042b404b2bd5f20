/** Every network call has a deadline, whatever the server does to keep the line open. */
import { expect, test } from 'vitest';
import { startBeamAuthEdge, startHarmony, type Fault } from '../../sandbox/testing.ts';
import { succeeded } from '../support/login.ts';
import { expectPlainError } from '../support/expect-cli.ts';
import { createWorld } from '../support/cli-user.ts';

/** Milliseconds: longer than any call may take. */
const PATIENCE = 30_000;

test.concurrent.each<readonly [string, Fault]>([
  ['a server that never answers', { hang: true }],
  ['a server that answers a byte a second', { drip: 1_000 }],
])('login: %s', { timeout: 2 * PATIENCE }, async (_name, fault) => {
  const edge = await startBeamAuthEdge();
  const world = createWorld();
  try {
    edge.faults.next('*', { ...fault, times: Infinity });
    const started = Date.now();
    const ran = await world.beamd('login', '--server', edge.origin);
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(ran.stderr, `127.0.0.1:${edge.port}`);
    expect(Date.now() - started).toBeLessThan(PATIENCE);
  } finally {
    await world.close();
    await edge.close();
  }
});

test.concurrent('harmony:info: a gateway that never answers', { timeout: 2 * PATIENCE }, async () => {
  const gateway = await startHarmony();
  const world = createWorld();
  try {
    succeeded(await world.runbeam('harmony:add', '-p', String(gateway.port), '-l', 'gw'));
    gateway.faults.next('*', { hang: true, times: Infinity });
    const ran = await world.runbeam('harmony:info', '-l', 'gw');
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(ran.stderr, `127.0.0.1:${gateway.port}`);
  } finally {
    await world.close();
    await gateway.close();
  }
});
