/** Every network call has a deadline, whatever the server does to keep the line open. */
import { expect, test } from 'vitest';
import { startBeamAuthEdge, startHarmony, type Fault } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { expectPlainError } from '../support/expect-cli.ts';
import { succeeded } from '../support/login.ts';

test.concurrent.for<readonly [string, Fault]>([
  ['a server that never answers', { hang: true }],
  ['a server that answers a byte a second', { drip: 1_000 }],
])('login: %s', async ([, fault], { onTestFinished }) => {
  const keep = cleanup(onTestFinished);
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  edge.faults.next('*', { ...fault, times: Infinity });
  const { code, stdout, stderr } = await user.beamd('login', '--server', edge.origin);
  expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
  expectPlainError(stderr, `127.0.0.1:${edge.port}`);
});

test.concurrent('harmony:info: a gateway that never answers', async ({ onTestFinished }) => {
  const keep = cleanup(onTestFinished);
  const gateway = keep(await startHarmony());
  const user = keep(createCliUser());
  succeeded(await user.runbeam('harmony:add', '-p', String(gateway.port), '-l', 'gw'));
  gateway.faults.next('*', { hang: true, times: Infinity });
  const { code, stdout, stderr } = await user.runbeam('harmony:info', '-l', 'gw');
  expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
  expectPlainError(stderr, `127.0.0.1:${gateway.port}`);
});
