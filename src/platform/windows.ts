/**
 * Windows. Not run yet: only its tests are. What is said here of the system is what libuv's source does there, on which Node
 * stands (src/win/pipe.c, process.c, signal.c and fs.c).
 */
import { noLimits } from './nothing.ts';
import type { System } from './system.ts';

export const windows: System = {
  platform: 'win32',
  processes: {
    // No call of Node's names when another process began, or this machine. So a number proves nothing here, and of a lock's
    // holder only its heartbeat counts.
    startOf: () => '',
    bootId: () => '',
    pidNamespace: () => '0',
  },
  limits: noLimits,
};
