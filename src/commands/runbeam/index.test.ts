import { describe, expect, it } from 'vitest';
import { runbeamCommands } from './index.ts';

const documented = [
  'backends:get',
  'backends:list',
  'changes:ack',
  'changes:applied',
  'changes:failed',
  'changes:get',
  'changes:list',
  'completion',
  'config:get',
  'config:set',
  'config:unset',
  'doctor',
  'endpoints:get',
  'endpoints:list',
  'gateways:get',
  'gateways:list',
  'harmony:add',
  'harmony:authorize',
  'harmony:delete-key',
  'harmony:edit',
  'harmony:export',
  'harmony:info',
  'harmony:list',
  'harmony:mesh-token',
  'harmony:pipelines',
  'harmony:reload',
  'harmony:remove',
  'harmony:renew',
  'harmony:resolve',
  'harmony:revoke',
  'harmony:rotate-key',
  'harmony:routes',
  'harmony:set-key',
  'harmony:show-key',
  'harmony:status',
  'harmony:tokens',
  'harmony:update',
  'list',
  'login',
  'logout',
  'pipelines:get',
  'pipelines:list',
  'services:get',
  'services:list',
  'test-browser',
  'token:get',
  'transforms:get',
  'verify',
  'version',
];

it('are the documented ones', () => {
  expect(Object.keys(runbeamCommands).sort()).toEqual(documented.map((id) => `runbeam:${id}`));
});

describe.each(Object.entries(runbeamCommands))('%s', (id, load) => {
  it('has a summary and examples that name it', async () => {
    const { default: command } = await load();
    const words = id.replace('runbeam:', '');
    expect(command.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(
      command.examples.every((example) => typeof example === 'string' && example.includes(`<%= config.bin %> ${words}`)),
    ).toBe(true);
  });

  it('has switches that are false, not undefined, when they are not given, but for those that can be denied or depend on others', async () => {
    const { default: command } = await load();
    const switches = Object.entries({ ...command.flags }).filter(
      ([, flag]) => flag.type === 'boolean' && !flag.allowNo && flag.dependsOn === undefined,
    );
    expect(switches.map(([name, flag]) => [name, typeof flag.default])).toEqual(switches.map(([name]) => [name, 'boolean']));
  });
});
