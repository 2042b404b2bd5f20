import { expect, test } from 'vitest';
import { cleanup } from '../../test/support/cleanup.ts';
import { Switches } from './faults.ts';
import { startStanding, type Standing } from './servers.ts';

const keep = cleanup();

/** What a server makes of a question that anybody may ask: status, kind of text, seconds by which its clock is ahead. */
async function asked(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(3_000) }).catch(() => undefined);
  if (answer === undefined) return 'cut';
  const ahead = Date.parse(answer.headers.get('date') ?? '') - Date.now() > 3_600_000;
  await answer.text();
  return `${String(answer.status)} ${answer.headers.get('content-type')?.split(';')[0] ?? ''}${ahead ? ', ahead' : ''}`;
}

const edge = ({ beamAuth }: Standing): string => `${beamAuth.origin}/.well-known/beam-auth`;
const cloud = ({ cloud: { origin } }: Standing): string => `${origin}/api/.well-known/jwks.json`;
const gateway = ({ harmony }: Standing): string => `${harmony.origin}/${harmony.prefix}/info`;

test('what is switched on is seen, and gone when it is switched off', async () => {
  const servers = keep(await startStanding(true));
  const switches = new Switches(servers);
  const well = '200 application/json';
  for (const [name, url, wrong] of [
    ['edge-down', edge, '503 application/json'],
    ['edge-slow', edge, 'cut'],
    ['edge-page', edge, '200 text/html'],
    ['edge-cut', edge, 'cut'],
    ['edge-clock', edge, `${well}, ahead`],
    ['cloud-down', cloud, '503 application/json'],
    ['cloud-busy', cloud, '429 application/json'],
    ['gateway-away', gateway, 'cut'],
  ] as const) {
    await switches.set(name, true);
    expect({ name, seen: await asked(url(servers)) }).toEqual({ name, seen: wrong });
    await switches.set(name, false);
    expect({ name, seen: await asked(url(servers)) }).toEqual({ name, seen: well });
  }
});

test('of two that are on for a server, the other goes on when one is switched off', async () => {
  const servers = keep(await startStanding(true));
  const switches = new Switches(servers);
  await switches.set('edge-down', true);
  await switches.set('edge-cut', true);
  expect(await asked(edge(servers))).toBe('503 application/json');
  await switches.set('edge-down', false);
  expect(await asked(edge(servers))).toBe('cut');
});

test('there is no switch without a name', async () => {
  const switches = new Switches(keep(await startStanding(true)));
  await expect(switches.set('nosuch', true)).rejects.toThrow('There is no fault nosuch: edge-down, ');
});
