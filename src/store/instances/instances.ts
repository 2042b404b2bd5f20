/** `~/.runbeam/harmony.json`: the Harmony gateways that were added here. Shared with the Rust CLI. */
import { didYouMean } from '../../nearest.ts';
import { BeamError } from '../../errors.ts';
import { printable } from '../../text.ts';
import { inBatches } from '../../in-batches.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { ensurePrivateFolder } from '../files/permissions.ts';
import { writeFileBeside } from '../files/beside.ts';
import { FieldReader } from '../formats/field-reader.ts';
import { readJsonFile } from '../formats/json-file.ts';
import { instancesFile, isInstanceId, runbeamLock, type Homes, type StoreDeps } from '../paths.ts';

/** One entry of `~/.runbeam/harmony.json`. Its JSON keys are `path_prefix` and `gateway_id`. */
export interface Instance {
  /** What it is called for good: first 8 hex digits of sha256(`ip:port:label`) of the day it was added. */
  readonly id: string;
  readonly ip: string;
  readonly port: number;
  readonly label: string;
  readonly pathPrefix: string;
  readonly gatewayId?: string;
}

/** An entry as it stands in the file; members that are not known are kept. */
interface Entry {
  readonly id?: string | null | undefined;
  readonly ip: string;
  readonly port: number;
  readonly label: string;
  readonly path_prefix?: string | null | undefined;
  readonly gateway_id?: string | null | undefined;
}

/** Bytes: more than a hundred thousand gateways. Only this user's programs write it. */
const MAX_REGISTRY = 67_108_864;

const LIST_HINT = { command: 'runbeam harmony:list' };

/** First 8 hex digits of sha256(`ip:port:label`). */
export function instanceId(ip: string, portNumber: number, label: string): string {
  // Loaded here: it takes longer than to read the list, in which the ids usually are.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256')
    .update(`${ip}:${String(portNumber)}:${label}`)
    .digest('hex')
    .slice(0, 8);
}

function readEntry(item: FieldReader): Entry {
  return {
    id: item.optionalMatch('id', isInstanceId),
    ip: item.text('ip'),
    port: item.port('port'),
    label: item.text('label'),
    path_prefix: item.optionalString('path_prefix'),
    gateway_id: item.optionalString('gateway_id'),
  };
}

function load(homes: Homes): FieldReader[] {
  const path = instancesFile(homes);
  return FieldReader.list(readJsonFile(path, MAX_REGISTRY) ?? [], path);
}

/** An entry as it is written back: with the id it goes by, which from then on is not made anew from what it is made of. */
function toEntry(item: FieldReader): Entry {
  const entry = readEntry(item);
  return { ...item.members, ...omitUndefined(entry), id: idOf(entry) };
}

const idOf = (stored: Entry): string => stored.id ?? instanceId(stored.ip, stored.port, stored.label);

function toInstance(stored: Entry): Instance {
  return {
    id: idOf(stored),
    ip: stored.ip,
    port: stored.port,
    label: stored.label,
    pathPrefix: stored.path_prefix ?? 'admin',
    ...(stored.gateway_id ? { gatewayId: stored.gateway_id } : {}),
  };
}

async function change<T>({ homes, clock }: StoreDeps, work: (entries: Entry[]) => [Entry[], T]): Promise<T> {
  ensurePrivateFolder(homes.runbeam);
  const locked = async (): Promise<T> => {
    const before = load(homes).map(toEntry);
    const [after, result] = work(before);
    if (after !== before) await writeFileBeside(instancesFile(homes), `${JSON.stringify(after, null, 2)}\n`);
    return result;
  };
  const { withLock } = await import('../files/file-lock.ts');
  return withLock(runbeamLock(homes), locked, { clock });
}

/** In the order they were added. Throws `bad_file`, `unsafe_path`. */
export function listInstances(homes: Homes): Instance[] {
  return load(homes).map((item) => toInstance(readEntry(item)));
}

/** An instance to add. Without a label it is called by its address, or keeps the one it has. */
export type InstanceToAdd = Pick<Instance, 'ip' | 'port' | 'pathPrefix'> & { readonly label?: string | undefined };

/** `ip:port`, as an instance is called that was given no label. */
function addressLabel(ip: string, portNumber: number): string {
  return ip.includes(':') ? `[${ip}]:${String(portNumber)}` : `${ip}:${String(portNumber)}`;
}

/**
 * Adds an instance, or changes the one that has the label or the address and keeps its id. Throws `usage` where label and
 * address are those of two, and `bad_file`, `unsafe_path`, `busy`, `storage`, `storage_full`.
 */
export async function addInstance(deps: StoreDeps, added: InstanceToAdd): Promise<Instance> {
  return change(deps, (entries) => {
    const { ip, port: number, pathPrefix } = added;
    const same = sameEntry(entries, added);
    const label = added.label ?? same?.label ?? addressLabel(ip, number);
    const id = same === undefined ? freeId(new Set(entries.map(idOf)), ip, number, label) : idOf(same);
    const stored = { gateway_id: null, ...same, id, ip, port: number, label, path_prefix: pathPrefix };
    const after = same === undefined ? [...entries, stored] : entries.map((old) => (old === same ? stored : old));
    return [after, toInstance(stored)];
  });
}

/** An instance as it is to be: a new one, or with an id what that one is to become. */
export type InstanceToSet = Pick<Instance, 'ip' | 'port' | 'pathPrefix' | 'label'> & { readonly id?: string | undefined };

/**
 * Adds and changes many in one write, and gives them in the order given. Throws `not_found` for an id that is no more, `usage` for
 * a label or an address that another one has, and as `addInstance`; then nothing was written.
 */
export async function setInstances(deps: StoreDeps, wanted: readonly InstanceToSet[]): Promise<Instance[]> {
  return change(deps, (entries) => {
    const taken = new Set(entries.map(idOf));
    const byId = new Map(entries.map((stored) => [idOf(stored), stored]));
    const set: Entry[] = wanted.map(({ id, ip, port: number, label, pathPrefix }) => {
      const before = id === undefined ? undefined : byId.get(id);
      if (id !== undefined && before === undefined) throw notFound(`id ${id}`);
      const fresh = id ?? freeId(taken, ip, number, label);
      taken.add(fresh);
      return { gateway_id: null, ...before, id: fresh, ip, port: number, label, path_prefix: pathPrefix };
    });
    const changed = new Map(set.map((stored) => [idOf(stored), stored]));
    const after = [
      ...entries.map((stored) => changed.get(idOf(stored)) ?? stored),
      ...set.filter((stored) => !byId.has(idOf(stored))),
    ];
    refuseNamesakes(after, changed);
    return [wanted.length === 0 ? entries : after, set.map(toInstance)];
  });
}

/** Of those that were changed: the Rust CLI lets two of the others have the same label or address. */
function refuseNamesakes(entries: readonly Entry[], changed: ReadonlyMap<string, Entry>): void {
  const names = new Map<string, Entry>();
  for (const stored of entries) {
    for (const name of [`label ${stored.label}`, `at ${stored.ip} ${String(stored.port)}`]) {
      const other = names.get(name);
      names.set(name, stored);
      const isOurs = other !== undefined && (changed.has(idOf(stored)) || changed.has(idOf(other)));
      if (isOurs) throw severalMeant([other, stored]);
    }
  }
}

/** The entry that is meant: the one with the label, else the only one at the address. */
function sameEntry(entries: readonly Entry[], { ip, port: number, label }: InstanceToAdd): Entry | undefined {
  const [labelled, ...namesakes] = label === undefined ? [] : entries.filter((stored) => stored.label === label);
  const there = entries.filter((stored) => stored.ip === ip && stored.port === number);
  if (labelled === undefined && there.length < 2) return there[0];
  if (labelled !== undefined && namesakes.length === 0 && there.every((stored) => stored === labelled)) return labelled;
  throw severalMeant([...new Set([labelled, ...namesakes, ...there])].filter((stored) => stored !== undefined));
}

/** Only what is changed can be in somebody's way: the Rust CLI lets two have the same address. */
function isTaken(other: Entry, stored: Entry, { ip, port: number, label }: InstanceChange): boolean {
  const moves = ip !== undefined || number !== undefined;
  return (label !== undefined && other.label === stored.label) || (moves && other.ip === stored.ip && other.port === stored.port);
}

function severalMeant(entries: readonly Entry[]): BeamError {
  return new BeamError('usage', `Label and address are those of several instances: ${named(entries)}`, { hint: CHOOSE });
}

function alreadyTaken(entries: readonly Entry[]): BeamError {
  return new BeamError('usage', `Another instance has this label or address: ${named(entries)}`, { hint: CHOOSE });
}

const CHOOSE = { text: 'Choose another label or address, or remove one of them: runbeam harmony:remove --id ID' };

function named(entries: readonly Entry[]): string {
  const shown = entries.slice(0, 5).map((stored) => {
    return `${printable(stored.label)} at ${printable(stored.ip)}:${String(stored.port)} (${idOf(stored)})`;
  });
  return shown.join(', ');
}

/** An entry that was changed keeps the id of what it was, so that the usual id of a new one may be taken. */
function freeId(taken: ReadonlySet<string>, ip: string, portNumber: number, label: string): string {
  let id = instanceId(ip, portNumber, label);
  for (let again = 2; taken.has(id); again += 1) id = instanceId(ip, portNumber, `${label}:${String(again)}`);
  return id;
}

/** Removes an instance from the list; its folder of keys stays. Throws `not_found`, and as `addInstance`. */
export async function removeInstance(deps: StoreDeps, id: string): Promise<Instance> {
  return change(deps, (entries) => {
    const removed = entries.find((stored) => idOf(stored) === id);
    if (removed === undefined) throw notFound(`id ${id}`);
    return [entries.filter((stored) => stored !== removed), toInstance(removed)];
  });
}

interface Named {
  readonly deps: StoreDeps;
  readonly id: string;
  readonly gatewayId: string;
}

/**
 * Remembers which gateway of Runbeam Cloud an instance was authorized as; whether it is in the list. Throws as `addInstance`,
 * `usage` apart.
 */
export function setGatewayId(deps: StoreDeps, id: string, gatewayId: string): Promise<boolean> {
  return nameInTurn(instancesFile(deps.homes), { deps, id, gatewayId });
}

/** The list is written once for all that are authorized at the same time. */
const nameInTurn = inBatches<Named, boolean>((take, { deps }) =>
  change(deps, (entries) => {
    const named = take();
    const names = new Map(named.map(({ id, gatewayId }) => [id, gatewayId]));
    const known = new Set(entries.map(idOf).filter((id) => names.has(id)));
    const after = entries.map((stored) => {
      const gatewayId = names.get(idOf(stored));
      return gatewayId === undefined ? stored : { ...stored, gateway_id: gatewayId };
    });
    return [known.size === 0 ? entries : after, named.map(({ id }) => known.has(id))];
  }),
);

/** Members of an instance that are changed; the others stay. */
export type InstanceChange = { readonly [K in keyof Omit<Instance, 'id'>]?: Instance[K] | undefined };

/**
 * Changes an instance, which keeps its id. Throws `not_found`, `usage` for a label or an address that another one has, and as
 * `addInstance`.
 */
export async function editInstance(deps: StoreDeps, id: string, edited: InstanceChange): Promise<Instance> {
  return change(deps, (entries) => {
    const found = entries.find((stored) => idOf(stored) === id);
    if (found === undefined) throw notFound(`id ${id}`);
    const { ip, port: number, label, pathPrefix, gatewayId } = edited;
    const changed = omitUndefined({ ip, port: number, label, path_prefix: pathPrefix, gateway_id: gatewayId });
    const stored = { ...found, ...changed };
    const taken = entries.filter((other) => other !== found && isTaken(other, stored, edited));
    if (taken.length > 0) throw alreadyTaken(taken);
    return [entries.map((old) => (old === found ? stored : old)), toInstance(stored)];
  });
}

function notFound(what: string, meant = ''): BeamError {
  return new BeamError('not_found', `There is no gateway with the ${printable(what)}${meant}`, { hint: LIST_HINT });
}

function unknownLabel(label: string, list: readonly Instance[]): BeamError {
  const labels = list.map((one) => one.label);
  return notFound(`label ${label}`, didYouMean(label, labels));
}

function nearIds(id: string, list: readonly Instance[]): string {
  return didYouMean(
    id,
    list.map((one) => one.id),
  );
}

/** The instance with this label or id. Throws `usage` if neither is given or the label is not unique, `not_found`. */
export function findInstance(
  list: readonly Instance[],
  wanted: { readonly label?: string | undefined; readonly id?: string | undefined },
): Instance {
  const { label, id } = wanted;
  if (label === undefined && id === undefined) {
    throw new BeamError('usage', 'Which instance is meant: neither a label nor an id is given', {
      hint: { text: 'Give -l LABEL or --id ID' },
    });
  }
  const fits = (one: Instance): boolean => (id ?? one.id) === one.id && (label ?? one.label) === one.label;
  const found = list.filter(fits);
  const first = found[0];
  if (first === undefined) throw id === undefined ? unknownLabel(label ?? '', list) : notFound(`id ${id}`, nearIds(id, list));
  if (found.length > 1) {
    throw new BeamError('usage', `Several instances have the label ${printable(first.label)}`, {
      hint: { text: `Give --id ${found.map((one) => one.id).join(' or --id ')}` },
    });
  }
  return first;
}
