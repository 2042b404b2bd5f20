/** A stand-in for the keyring's program: it keeps its entries in a file and does what a test tells it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeProgram, type Program } from '../../programs.ts';

/** What the program does with a request. `forgets`: it says that it has set what it was given, and has not. */
export type Behaviour = 'works' | 'forgets' | 'absent' | 'locked' | 'hangs' | 'hangs at start' | 'garbage' | 'crashes' | 'floods';

export interface StandIn {
  readonly program: Program;
  /** Passed to the store: on Linux a keyring is only looked for where there is a bus. */
  readonly env: Readonly<Record<string, string>>;
  behave(behaviour: Behaviour): void;
  /** What it was asked, in order, since the last call: `get edge.example.com`. */
  asked(): string[];
  entries(): Record<string, string>;
  put(user: string, value: string): void;
  forget(): void;
  /** What its last process was started with. */
  last(): { readonly pid: number; readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> };
}

const PROGRAM = `
import { appendFileSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
const beside = (name) => new URL(name, import.meta.url);
const { pid, argv, env } = process;
writeFileSync(beside('last.json'), JSON.stringify({ pid, argv: argv.slice(2), env }));
const behaviour = readFileSync(beside('behaviour'), 'utf8');
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
const hang = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
if (behaviour === 'hangs at start') hang();
const { op, user, value } = JSON.parse(readFileSync(0, 'utf8'));
appendFileSync(beside('asked'), (op === 'probe' ? op : op + ' ' + user) + '\\n');
writeSync(1, '\\n');
if (behaviour === 'hangs') hang();
if (behaviour === 'crashes') process.kill(pid, 'SIGSEGV');
const entries = JSON.parse(readFileSync(beside('entries.json'), 'utf8'));
const answer = () => {
  if (behaviour === 'absent' || behaviour === 'locked') return { trouble: behaviour };
  if (op === 'get') return { value: entries[user] };
  const deleted = user in entries;
  if (op === 'set') entries[user] = value;
  if (op === 'delete') delete entries[user];
  if (behaviour !== 'forgets') writeFileSync(beside('entries.json'), JSON.stringify(entries));
  return op === 'delete' ? { deleted } : {};
};
if (behaviour === 'garbage') writeSync(1, 'Couldn\\'t access platform storage');
else if (behaviour === 'floods') process.stdout.write('x'.repeat(1e6), hang);
else writeSync(1, JSON.stringify(answer()));
`;

function isEntries(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && Object.values(value).every((entry) => typeof entry === 'string');
}

/** @param folder - an empty folder of the test's own */
export function standInKeyring(folder: string): StandIn {
  const file = (name: string): string => join(folder, name);
  writeFileSync(file('keyring.mjs'), PROGRAM);
  writeFileSync(file('behaviour'), 'works');
  writeFileSync(file('asked'), '');
  writeFileSync(file('entries.json'), '{}');
  const entries = (): Record<string, string> => {
    const value: unknown = JSON.parse(readFileSync(file('entries.json'), 'utf8'));
    if (!isEntries(value)) throw new Error('not entries');
    return value;
  };
  const keep = (value: Record<string, string>): void => writeFileSync(file('entries.json'), JSON.stringify(value));
  return {
    program: nodeProgram(file('keyring.mjs')),
    env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' },
    behave: (behaviour) => writeFileSync(file('behaviour'), behaviour),
    asked: () => {
      const lines = readFileSync(file('asked'), 'utf8').split('\n').slice(0, -1);
      writeFileSync(file('asked'), '');
      return lines;
    },
    entries,
    put: (user, value) => keep({ ...entries(), [user]: value }),
    forget: () => keep({}),
    last: () => JSON.parse(readFileSync(file('last.json'), 'utf8')) as ReturnType<StandIn['last']>,
  };
}
