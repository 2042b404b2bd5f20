/** The client of the library against the cloud of the sandbox. */
import { afterEach, describe, expect, it } from 'vitest';
import { startRunbeamCloud, type RunbeamCloud, type RunbeamCloudOptions } from '../../sandbox/testing.ts';
import { RunbeamClient, type RunbeamClientOptions } from '../../src/sdk/runbeam.ts';

let cloud: RunbeamCloud;
afterEach(() => cloud.close());

async function clientOf(options: RunbeamCloudOptions = {}, more: Partial<RunbeamClientOptions> = {}): Promise<RunbeamClient> {
  cloud = await startRunbeamCloud(options);
  return new RunbeamClient({ apiUrl: cloud.origin, token: () => cloud.issueUserToken(), ...more });
}

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

const WAYS: readonly [string, RunbeamCloudOptions, Partial<RunbeamClientOptions>][] = [
  ['a JWT', {}, {}],
  ['a Sanctum token', { tokenKind: 'sanctum' }, {}],
  ['a fetch', {}, { fetch }],
  ['a cloud without /api', { prefix: false }, {}],
  ['a cloud that does not say where its API is', { baseUrlAt: 'nowhere' }, {}],
];

describe.each(WAYS)('with %s', (_, options, more) => {
  it('lists gateways over several pages, and gets one', async () => {
    const client = await clientOf(options, more);
    const codes = Array.from({ length: 32 }, (__, index) => `code-${index}`);
    for (const code of codes) cloud.addGateway(code);
    const gateways = await all(client.gateways.list());
    expect(gateways.map(({ code }) => code)).toEqual(codes);
    expect(await client.gateways.get('gw_3')).toEqual(gateways[2]);
    await expect(client.gateways.get('gw_99')).rejects.toMatchObject({ code: 'not_found', status: 404 });
  });

  it('lists and gets everything else that is kept', async () => {
    const client = await clientOf(options, more);
    for (const kind of ['services', 'endpoints', 'backends', 'pipelines'] as const) {
      const list = await all<{ readonly id: string }>(client[kind].list());
      expect(list.map(({ id }) => id)).toEqual([`${kind}_1`, `${kind}_2`]);
      expect(await client[kind].get(`${kind}_2`)).toEqual(list[1]);
    }
    expect(await client.transforms.get('transforms_1')).toEqual({
      id: 'transforms_1',
      name: 'transforms 1',
      code: 'transforms-1',
      type: 'transform',
      team_id: 'team_1',
      gateway_id: 'gw_1',
    });
  });

  it('turns the token into one of a gateway, with which its changes are fetched and answered', async () => {
    const user = await clientOf(options, more);
    const { machineToken, gateway } = await user.authorizeGateway('my-gateway');
    const one = cloud.addChange('my-gateway', 'a = 1');
    const other = cloud.addChange('my-gateway', 'b = 2');
    cloud.addChange('another', 'c = 3');
    const client = new RunbeamClient({ ...more, apiUrl: cloud.origin, token: machineToken });
    const changes = await all(client.changes.list({ gatewayId: gateway.id }));
    expect(changes.map(({ id, toml_config: toml }) => [id, toml])).toEqual([
      [one, undefined],
      [other, undefined],
    ]);
    expect((await client.changes.get(one)).toml_config).toBe('a = 1');
    expect(await client.changes.acknowledge([one, other, 'chg_9'])).toEqual({ acknowledged: [one, other], failed: ['chg_9'] });
    await client.changes.applied(one);
    await client.changes.failed(other, { error: 'no such pipeline', details: ['b'] });
    expect(cloud.changes().map(({ status, error_message: why }) => [status, why])).toEqual([
      ['applied', undefined],
      ['failed', 'no such pipeline'],
      ['pending', undefined],
    ]);
    expect(await all(client.changes.list({ gatewayId: gateway.id }))).toEqual([]);
  });

  it('uploads a configuration, gets a mesh token and resolves a reference', async () => {
    const client = await clientOf(options, more);
    const uploaded = await client.uploadConfiguration({ type: 'pipeline', config: 'a = 1' });
    expect(uploaded).toEqual({ id: 'cfg_1', type: 'pipeline', action: 'updated' });
    expect(cloud.uploads()).toEqual(['a = 1']);
    const mesh = await client.meshToken({ meshId: 'm1', destinationUrl: 'https://b.example/' });
    expect({ ...mesh, expiresAt: Date.parse(mesh.expiresAt) > Date.now() }).toEqual({
      token: mesh.token,
      expiresAt: true,
      meshId: 'm1',
    });
    const { data } = await client.resolveResource('runbeam.acme.ingress.name.patient_api');
    expect(data).toEqual({
      id: 'ingress_1',
      type: 'ingress',
      name: 'patient_api',
      team_id: 'acme',
      enabled: true,
      urls: ['https://patient_api.example'],
    });
    await expect(client.resolveResource('nothing')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('says whether the token is good', async () => {
    const client = await clientOf(options, more);
    expect(await client.checkToken()).toBe('valid');
    const stranger = new RunbeamClient({ ...more, apiUrl: cloud.origin, token: '1|unknown' });
    expect(await stranger.checkToken()).toBe('rejected');
    await expect(stranger.gateways.get('gw_1')).rejects.toMatchObject({ code: 'token_rejected', status: 401 });
  });
});

it('waits out a server in trouble, with the real clock', async () => {
  const client = await clientOf();
  cloud.addGateway('a');
  cloud.faults.next('GET /api/gateways/:id', { status: 503 });
  expect((await client.gateways.get('gw_1')).code).toBe('a');
  expect(cloud.counters.requests['GET /api/gateways/:id']).toBe(2);
});

it.each(['http://cloud.example.com', 'https://u:p@cloud.example.com', 'cloud'])('is not made for %s', (apiUrl) => {
  expect(() => new RunbeamClient({ token: 'x', apiUrl })).toThrow();
});
