import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { system, systemOf } from './system.ts';

const linux = systemOf('linux');
const macos = systemOf('darwin');
const windows = systemOf('win32');

test('each platform has its twin, and this one is in use', () => {
  expect([linux, macos, windows].map(({ platform }) => platform)).toEqual(['linux', 'darwin', 'win32']);
  expect(systemOf('freebsd')).toBe(macos);
  expect(system).toBe(systemOf(process.platform));
});

describe('what is known of processes', () => {
  test.runIf(process.platform === 'linux')('Linux reads it, and knows that nobody has a number that is too large', () => {
    const { processes, limits } = linux;
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ');
    expect([processes.startOf(process.pid), processes.startOf(0x7fff_fff0)]).toEqual([fields?.[19], undefined]);
    expect(processes.bootId()).toMatch(/^[0-9a-f-]{36}$/);
    expect(processes.pidNamespace()).toMatch(/^\d+$/);
    expect(limits.openFiles()).toBeGreaterThan(0);
    expect(limits.largestFile()).toMatch(/^(?:unlimited|\d+)$/);
    expect(limits.networkNamespace()).toMatch(/^net:\[\d+\]$/);
  });

  test('macOS knows that a process is gone, whether or not its programs can be asked', () => {
    expect(macos.processes.startOf(0x7fff_fff0)).toBeUndefined();
    expect(macos.processes.startOf(process.pid)).not.toBeUndefined();
    expect(macos.processes.pidNamespace()).toBe('0');
  });

  test('Windows knows nothing', () => {
    const { processes, limits } = windows;
    const said = [processes.startOf(process.pid), processes.startOf(0x7fff_fff0), processes.bootId(), processes.pidNamespace()];
    expect(said).toEqual(['', '', '', '0']);
    expect([limits.openFiles(), limits.largestFile(), limits.networkNamespace()]).toEqual([undefined, '', '']);
  });
});
