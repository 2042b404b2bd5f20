/** What `harmony:authorize --file` would do: the file held against what is registered, and against the ledger. Changes nothing. */
import { dirname, resolve } from 'node:path';
import { BeamError } from '../../../errors.ts';
import { AHEAD } from '../../../runbeam/due-renewals.ts';
import { endOf, tokenOfEach, tokenRows, type StandingDeps, type TokenRow } from '../../../runbeam/token-standing.ts';
import { readGatewaysFile, type GatewayEntry } from '../../../store/config/gateways-file.ts';
import { readSettings, type InstanceSettings, type SettingsChange } from '../../../store/instances/instance-settings.ts';
import { listInstances, type Instance } from '../../../store/instances/instances.ts';
import { printable } from '../../../text.ts';
import type { Context } from '../../context.ts';
import { checkLabel } from '../gateways/add-instance.ts';
import { checkAddress, parseGatewayAddress } from '../gateways/gateway-address.ts';
import { refusePlaintext, transportChange } from '../gateways/transport.ts';

/** A member that is to be another; what was not there, or is to go, is undefined. */
export interface Difference {
  readonly name: 'label' | 'ip' | 'port' | 'prefix' | 'tls' | 'ca' | 'plaintext' | 'renew';
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** One gateway of the file. */
export interface PlannedGateway {
  readonly line: number;
  readonly label: string;
  /** The one that is registered. Absent: it is to be added. */
  readonly instance?: Instance;
  readonly target: Pick<Instance, 'ip' | 'port' | 'pathPrefix' | 'label'>;
  readonly settings: SettingsChange;
  /** What differs from what is registered; of one that is to be added what is not usual. */
  readonly changes: readonly Difference[];
  /** `deliver`: a token waits to be brought to it. `keep`: it has one that is not due. */
  readonly token: 'authorize' | 'renew' | 'deliver' | 'keep';
  /** When the token ends that it has, RFC 3339. */
  readonly expiresAt?: string | undefined;
  readonly via: 'cloud' | 'harmony';
}

export interface FilePlan {
  /** As it was given. */
  readonly file: string;
  /** Absolute path of the file. */
  readonly path: string;
  readonly gateways: readonly PlannedGateway[];
  /** Registered and not in the file: they are left as they are. */
  readonly others: readonly Instance[];
}

export interface FilePlanInput {
  readonly file: string;
  /** For those of which the file does not say. */
  readonly via: 'cloud' | 'harmony';
  /** A new token for each, also where it is not due. */
  readonly reissue: boolean;
}

type PlanContext = StandingDeps & Pick<Context, 'cwd' | 'signal'>;

/**
 * Reads the file and says what is to be done. Throws as `readGatewaysFile`; `bad_file` with the line for an address, a label or
 * settings that `harmony:add` would refuse, `insecure_transport` for plain http that the file does not allow.
 */
export async function planOfFile(context: PlanContext, { file, via, reissue }: FilePlanInput): Promise<FilePlan> {
  const path = resolve(context.cwd, file);
  const entries = await readGatewaysFile(path, context.signal);
  const instances = listInstances(context.homes);
  const tokens = tokenOfEach(await tokenRows(context, { remembers: false }), ['live', 'expired']);
  const found = new Registered(instances, new Set(entries.map(({ label }) => label)));
  const until = context.clock.now() + AHEAD;
  const gateways: PlannedGateway[] = [];
  for (const entry of entries) {
    gateways.push(
      await atLine(path, entry.line, async () => {
        const planned = await plan(context, { entry, path, found });
        const row = planned.instance && tokens.get(planned.instance.id);
        const token = tokenWork(row, until, reissue);
        return {
          ...planned,
          token,
          via: entry.via ?? via,
          ...(row?.expiresAt === undefined ? {} : { expiresAt: row.expiresAt }),
        };
      }),
    );
  }
  return { file, path, gateways, others: instances.filter((instance) => !found.isTaken(instance)) };
}

/** What is wrong is wrong in that line. */
async function atLine<T>(path: string, line: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    const code = error.code === 'usage' ? 'bad_file' : error.code;
    const at = `line ${String(line)} of ${path}`;
    const hint = code === 'insecure_transport' ? `Write https, or \`allow_plaintext: true\`, in ${at}` : `Correct ${at}`;
    throw new BeamError(code, `${path}:${String(line)} ${error.message}`, {
      hint: { text: hint },
      cause: error,
    });
  }
}

/** What is to be corrected in the line that `atLine` names. */
const wrong = (message: string): BeamError =>
  new BeamError('bad_file', message, { hint: { text: 'Correct the file of gateways' } });

/** The registered instances, each of which is of one entry at most. */
class Registered {
  readonly #byLabel = new Map<string, Instance[]>();
  readonly #byAddress = new Map<string, Instance[]>();
  readonly #taken = new Set<Instance>();
  readonly #labels: ReadonlySet<string>;
  /** Addresses of the file, and whose they are. */
  readonly #addresses = new Map<string, string>();

  /** @param labels - of the file: what goes by one of them is meant by that one alone, wherever it is now */
  constructor(instances: readonly Instance[], labels: ReadonlySet<string>) {
    this.#labels = labels;
    for (const instance of instances) {
      push(this.#byLabel, instance.label, instance);
      push(this.#byAddress, addressOf(instance), instance);
    }
  }

  /** The one with the label, else the one at the address. Throws `usage` where these are two, and for an address that is there twice. */
  of(target: Pick<Instance, 'label' | 'ip' | 'port'>): Instance | undefined {
    const address = addressOf(target);
    const other = this.#addresses.get(address);
    if (other !== undefined) throw wrong(`has the address of ${printable(other)}`);
    this.#addresses.set(address, target.label);
    const named = this.#byLabel.get(target.label) ?? [];
    const there = (this.#byAddress.get(address) ?? []).filter(({ label }) => !this.#labels.has(label));
    const [first, ...others] = [...named, ...there];
    if (first === undefined) return undefined;
    if (others.length > 0) {
      const shown = [first, ...others].slice(0, 5).map(({ label, id }) => `${printable(label)} (${id})`);
      throw wrong(`means several that are registered: ${shown.join(', ')}`);
    }
    this.#taken.add(first);
    return first;
  }

  isTaken(instance: Instance): boolean {
    return this.#taken.has(instance);
  }
}

const addressOf = ({ ip, port }: Pick<Instance, 'ip' | 'port'>): string => `${ip} ${String(port)}`;

function push(map: Map<string, Instance[]>, key: string, instance: Instance): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [instance]);
  else list.push(instance);
}

type Planned = Omit<PlannedGateway, 'token' | 'via' | 'expiresAt'>;

async function plan(
  context: PlanContext,
  { entry, path, found }: { readonly entry: GatewayEntry; readonly path: string; readonly found: Registered },
): Promise<Planned> {
  const { line, label } = entry;
  checkLabel(label);
  const written = entry.address === undefined ? { ip: entry.ip ?? '' } : parseGatewayAddress(entry.address);
  const place = { ip: written.ip, port: written.port ?? entry.port ?? 8081, label };
  const instance = found.of(place);
  const target = { ...place, pathPrefix: entry.prefix ?? written.pathPrefix ?? instance?.pathPrefix ?? 'admin' };
  checkAddress(target.ip, target.port, target.pathPrefix);
  const before = instance === undefined ? {} : readSettings(context.homes, instance.id);
  const settings = differing(before, await settingsOf(context, { entry, path, scheme: written.scheme, target, before }));
  const changes = [...placeChanges(instance, target), ...settingChanges(before, settings)];
  return { line, label, target, settings, changes, ...(instance === undefined ? {} : { instance }) };
}

interface Written {
  readonly entry: GatewayEntry;
  readonly path: string;
  readonly scheme: 'http' | 'https' | undefined;
  readonly target: PlannedGateway['target'];
  readonly before: InstanceSettings;
}

/** How it may be spoken to, as `harmony:add` reads the same. */
async function settingsOf(
  { signal, clock }: PlanContext,
  { entry, path, scheme, target, before }: Written,
): Promise<SettingsChange> {
  const { tls = scheme === 'https' ? true : undefined, allowPlaintext, caFile, renew } = entry;
  if (scheme === 'http' && allowPlaintext !== true) refusePlaintext(target, before, 'runbeam harmony:add');
  const ca = caFile === undefined ? undefined : resolve(dirname(path), caFile);
  const change = await transportChange({ signal, clock }, { tls, caFile: ca, allowPlaintext }, target);
  return { ...change, ...(renew === undefined ? {} : { renew }) };
}

/** What is another than it was. */
function differing(before: InstanceSettings, change: SettingsChange): SettingsChange {
  return Object.fromEntries(
    Object.entries(change).filter(([name, value]) => {
      const was = before[name as keyof SettingsChange];
      // Not renewed is how each begins.
      return was !== value && !(name === 'renew' && value === 'off' && was === undefined);
    }),
  );
}

function placeChanges(instance: Instance | undefined, { ip, port, pathPrefix, label }: PlannedGateway['target']): Difference[] {
  if (instance === undefined) return [];
  const all: Difference[] = [
    { name: 'label', from: instance.label, to: label },
    { name: 'ip', from: instance.ip, to: ip },
    { name: 'port', from: String(instance.port), to: String(port) },
    { name: 'prefix', from: instance.pathPrefix, to: pathPrefix },
  ];
  return all.filter(({ from, to }) => from !== to);
}

/** The text of a CA is nothing that anybody reads, and whom plain http goes to stands beside it. */
function settingChanges(before: InstanceSettings, change: SettingsChange): Difference[] {
  const said = {
    tls: ({ tls }: SettingsChange) => (tls === true ? 'only https' : undefined),
    ca: ({ ca }: SettingsChange) => (ca === undefined ? undefined : 'of its own'),
    plaintext: ({ plaintextTo }: SettingsChange) => (plaintextTo === undefined ? undefined : 'allowed'),
    renew: ({ renew }: SettingsChange) => renew,
  } as const;
  const has = { tls: 'tls' in change, ca: 'ca' in change, plaintext: 'plaintextTo' in change, renew: 'renew' in change };
  const names = (['tls', 'ca', 'plaintext', 'renew'] as const).filter((name) => has[name]);
  return names.map((name) => ({ name, from: said[name](before), to: said[name](change) }));
}

function tokenWork(row: TokenRow | undefined, until: number, reissue: boolean): PlannedGateway['token'] {
  if (row === undefined) return 'authorize';
  if (row.standing === 'undelivered') return 'deliver';
  if (row.standing === 'expired') return 'authorize';
  return reissue || endOf(row) <= until ? 'renew' : 'keep';
}
