import fc from 'fast-check';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BeamError } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { NAMELESS, parseAccountName } from '../../store/account-key.ts';
import { saveAccount, testContexts, type TestContext } from '../services.testing.ts';
import { resolveTarget, type Target, type TargetInput } from '../target/ladder.ts';
import { parseTopic, why, type WhyResult } from './why.ts';

const newContext = testContexts();

const SERVERS = ['one.example.com', 'two.example.com', 'three.example.com'] as const;
const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const server = some(fc.constantFrom(...SERVERS));
const account = some(fc.constantFrom(NAMELESS, 'work'));
const scope = some(fc.constantFrom('alice', 'acme', 'gone'));
const rungs = fc.record({
  input: fc.record({ server, account, scope }),
  env: fc.record({ BEAMD_SERVER: server, BEAMD_ACCOUNT: account, BEAMD_SCOPE: scope, BEAMD_TOKEN: some(fc.constant('any')) }),
  pin: fc.record({ server, account, scope }),
  current: server,
});

const lines = (fields: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(fields)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\n`]))
    .join('');

/** What every command uses, as `why` has to say it. */
function answers(target: Target): Record<string, string | undefined> {
  if (target.kind === 'app-config') return { server: target.server.name };
  const both = { server: `${target.server.value.name} ${target.server.source.kind}`, scope: sourced(target.scope) };
  if (target.kind === 'env-token') return { ...both, account: undefined, token: 'env' };
  const name = target.account.name ?? NAMELESS;
  return { ...both, account: `${name} ${target.accountSource.kind}`, token: 'account' };
}

const sourced = (found: { readonly value: string; readonly source: { readonly kind: string } } | undefined): string | undefined =>
  found && `${found.value} ${found.source.kind}`;

function winners({ topics }: WhyResult): Record<string, string | undefined> {
  return Object.fromEntries(
    topics.map(({ topic, value, candidates }) => {
      const won = candidates.filter(({ state }) => state === 'won');
      expect(won.length).toBeLessThan(2);
      return [topic, won[0] && (topic === 'token' ? won[0].source : `${value ?? ''} ${won[0].source}`)];
    }),
  );
}

async function outcome(context: TestContext, input: TargetInput): Promise<Target | BeamError> {
  try {
    return await resolveTarget(context, input);
  } catch (error) {
    if (error instanceof BeamError) return error;
    throw error;
  }
}

test('what won is what every command uses, and what fails is what they fail with, for any set of rungs', async () => {
  const base = newContext();
  for (const [index, name] of SERVERS.slice(0, 2).entries()) {
    const named = index === 0 ? {} : { name: parseAccountName('work'), key: `${name}@work` };
    await saveAccount(base, `https://${name}`, omitUndefined(named));
  }
  const repo = join(base.cwd, 'repo');
  mkdirSync(repo);
  await fc.assert(
    fc.asyncProperty(rungs, async ({ input, env, pin, current }) => {
      const context = { ...base, cwd: repo, env: { ...base.env, ...env } };
      rmSync(join(base.homes.beamd, 'config'), { force: true });
      if (current !== undefined) writeFileSync(join(base.homes.beamd, 'config'), `current: ${current}\n`, { mode: 0o600 });
      writeFileSync(join(repo, '.beamd'), lines(pin));
      const target = await outcome(context, input);
      const told = await why(context, input);
      if (target instanceof BeamError) expect(told.problem?.toJSON()).toEqual(target.toJSON());
      else expect(winners(told)).toEqual(answers(target));
    }),
    { numRuns: 300 },
  );
});

test('a topic is one of four, and an org is a scope', () => {
  expect([parseTopic(undefined), parseTopic('org'), parseTopic('token')]).toEqual([undefined, 'scope', 'token']);
  expect(() => parseTopic('orgs')).toThrow(BeamError);
});
