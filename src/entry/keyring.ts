/**
 * The keyring's process: one request as JSON on standard input, one answer on standard output. A keyring can block the
 * thread that asks it for good, and nothing inside that process ends the wait: so it is asked here, where the parent's
 * SIGKILL costs nothing. What the library says stays here; the answer only tells what kind of trouble it is.
 */
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { readAll } from '../agent/worker/read-input.ts';
import { system } from '../platform/system.ts';
import {
  KEYRING_SERVICE,
  parseKeyringRequest,
  type KeyringAnswer,
  type KeyringRequest,
} from '../store/secrets/keyring-protocol.ts';

/** Bytes; an identity has 74. */
const MAX_REQUEST = 65_536;

/** Ends this process when its parent is gone, or at last. A thread of its own: the main one may be blocked by then. */
const WATCHDOG = `
const { ppid } = require('node:worker_threads').workerData;
const end = () => process.kill(process.pid, 'SIGKILL');
setInterval(() => { if (process.ppid !== ppid) end(); }, 500);
setTimeout(end, 60_000);
`;

interface Entry {
  getPassword(): string | null;
  setPassword(password: string): void;
  deleteCredential(): boolean;
}

/** Without the pin, a Linux without Secret Service silently gets the kernel's keys, which no other process can read. */
async function open(user: string, onAsk: () => void): Promise<Entry> {
  const { Entry } = await import('@napi-rs/keyring');
  // From here on it is the keyring that takes its time. At once, because this thread may be blocked next.
  writeSync(1, '\n');
  onAsk();
  return new Entry(KEYRING_SERVICE, user, { linux: { store: 'secret-service' } });
}

function act(entry: Entry, request: KeyringRequest): KeyringAnswer {
  switch (request.op) {
    case 'get': {
      const value = entry.getPassword();
      return value === null ? {} : { value };
    }
    case 'set':
      entry.setPassword(request.value ?? '');
      return {};
    case 'delete':
      return { deleted: entry.deleteCredential() };
    case 'probe':
      return probe(entry);
  }
}

function probe(entry: Entry): KeyringAnswer {
  const value = randomBytes(16).toString('hex');
  entry.setPassword(value);
  const same = entry.getPassword() === value;
  entry.deleteCredential();
  return same ? {} : { trouble: 'broken' };
}

/** The library waits two seconds for a reply, milliseconds; a bus without a keyring, and no bus, say so at once. */
const NO_REPLY = 1_900;

/**
 * Connecting fails where there is no keyring, or one that does not reply: what fails is the same, and only the time it took
 * tells. What is there and refuses is locked, or was never set up.
 */
async function answer(request: KeyringRequest): Promise<KeyringAnswer> {
  let entry: Entry;
  let begun = performance.now();
  try {
    entry = await open(request.user, () => (begun = performance.now()));
  } catch {
    return { trouble: performance.now() - begun < NO_REPLY ? 'absent' : 'silent' };
  }
  try {
    return act(entry, request);
  } catch {
    return { trouble: 'locked' };
  }
}

system.limits.leaveCoreDumpsEmpty();
system.descriptors.closeInherited();
const watchdog = new Worker(WATCHDOG, { eval: true, workerData: { ppid: process.ppid } });
watchdog.unref();

async function main(): Promise<void> {
  const request = parseKeyringRequest(await readAll(process.stdin, MAX_REQUEST));
  process.stdout.write(JSON.stringify(await answer(request)), () => process.exit(0));
}

main().catch(() => process.exit(1));
