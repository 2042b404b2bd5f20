/** `runbeam harmony:add` and `harmony:edit`: what an entry says, how the gateway may be spoken to, and what it turned out to be. */
import { BeamError, type Hint } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { changeSettings, readSettings, type SettingsChange } from '../../../store/instances/instance-settings.ts';
import { addInstance, editInstance, listInstances, type Instance } from '../../../store/instances/instances.ts';
import { printable, shellWord } from '../../../text.ts';
import type { Context } from '../../context.ts';
import { checkAddress, parseGatewayAddress, type WrittenAddress } from './gateway-address.ts';
import { findGateway, type CheckContext, type Found } from './gateway-check.ts';
import { readKey, warnOfForm, type KeyContext, type KeyInput } from './instances.ts';
import { selectInstance, type SelectContext, type Selector } from './select-instance.ts';
import { refusePlaintext, transportChange, warnOfPlaintext, type TransportInput } from './transport.ts';

export interface AddressInput {
  readonly ip?: string | undefined;
  readonly port?: number | undefined;
  readonly pathPrefix?: string | undefined;
}

export interface AddInput extends AddressInput, KeyInput, TransportInput {
  /** A URL, `host:port` or a host, in place of `ip`, `port` and `pathPrefix`. */
  readonly address?: string | undefined;
  readonly label?: string | undefined;
  /** Ask the gateway what it is. */
  readonly check: boolean;
}

/** An entry, and what its gateway said. */
export interface Registered {
  readonly instance: Instance;
  /** Absent: it was not asked, or did not answer as a gateway does. */
  readonly found?: Found;
  readonly problem?: BeamError;
  /** It was registered before, and is changed. */
  readonly before?: Instance | undefined;
}

/** An entry that was changed. */
export interface Edited extends Registered {
  /** As it was. */
  readonly before: Instance;
  /** What was said of its settings; a member that is undefined was taken out. */
  readonly change: SettingsChange;
}

type AddContext = CheckContext & KeyContext & Pick<Context, 'env' | 'osKeyring'>;

/**
 * Registers an instance, or changes the one that has the label or the address, which keeps its id; then asks the gateway.
 * One that does not answer is registered all the same. Throws `usage` for a bad label or address, or those of two; `bad_key`,
 * `insecure_transport`, and as `transportChange`.
 */
export async function addNewInstance(context: AddContext, input: AddInput): Promise<Registered> {
  const key = await readKey(context, input);
  const { scheme, given, ...address } = addressOf(input);
  checkAddress(address.ip, address.port, address.pathPrefix);
  if (input.label !== undefined) checkLabel(input.label);
  const tls = input.tls ?? (scheme === 'https' ? true : undefined);
  const change = await transportChange(context, { ...input, tls }, address);
  const earlier = listInstances(context.homes);
  if (scheme === 'http' && input.allowPlaintext !== true) {
    const same = earlier.find(({ ip, port }) => ip === address.ip && port === address.port);
    refusePlaintext(address, same === undefined ? {} : readSettings(context.homes, same.id), again(address, input));
  }
  // Before anything is written: a bad key must not leave a half registered instance.
  if (key !== undefined) await checkIdentity(key);
  const instance = await addInstance(context, { ...address, label: input.label });
  const before = earlier.find(({ id }) => id === instance.id);
  if (before !== undefined) {
    const was = `${printable(before.label)} at ${printable(before.ip)}:${String(before.port)}`;
    context.warn(`${instance.id} was registered already, as ${was}: it is changed and keeps its id`);
  }
  await keepSettings(context, instance, change);
  if (key !== undefined) {
    const { setInstanceKey } = await import('../../../store/instances/instance-key.ts');
    await setInstanceKey(context, instance.id, key, { env: context.env, inKeyring: false });
    await warnOfForm(context, key, instance.id);
  }
  warnOfPlaintext(context, address, input);
  return { ...(input.check ? await lookAt(context, instance, given) : { instance }), before };
}

/** The command again, as far as it says where. */
function again({ ip, port }: Pick<Instance, 'ip' | 'port'>, { label }: AddInput): string {
  const named = label === undefined ? '' : ` -l ${shellWord(label)}`;
  return `runbeam harmony:add ${shellWord(`${ip.includes(':') ? `[${ip}]` : ip}:${String(port)}`)}${named}`;
}

/** `given`: the prefix was said, and is not to be looked for. */
type Address = Pick<Instance, 'ip' | 'port' | 'pathPrefix'> & { readonly given: boolean; readonly scheme?: 'http' | 'https' };

function addressOf({ address, ip, port, pathPrefix }: AddInput): Address {
  if (address !== undefined && (ip !== undefined || port !== undefined)) {
    throw new BeamError('usage', 'The address is given twice', { hint: { text: 'Give an address, or -i IP and -p PORT' } });
  }
  // With a scheme before it, `-i` is read as an address, too.
  const url = address ?? (ip?.includes('://') === true ? ip : undefined);
  const written: WrittenAddress = url === undefined ? { ip: bare(ip ?? '127.0.0.1') } : parseGatewayAddress(url);
  return omitUndefined({
    ip: written.ip,
    port: port ?? written.port ?? 8081,
    pathPrefix: pathPrefix ?? written.pathPrefix ?? 'admin',
    given: (pathPrefix ?? written.pathPrefix) !== undefined,
    scheme: written.scheme,
  });
}

const bare = (ip: string): string => ip.replace(/^\[(.*)\]$/, '$1');

async function keepSettings(
  context: Pick<CheckContext, 'homes' | 'clock'>,
  { id }: Instance,
  change: SettingsChange,
): Promise<void> {
  const before = readSettings(context.homes, id);
  const isSame = Object.entries(change).every(([name, value]) => before[name as keyof SettingsChange] === value);
  if (!isSame || before.unreadable === true) await changeSettings(context, new Map([[id, change]]));
}

async function lookAt(context: AddContext, instance: Instance, given: boolean): Promise<Registered> {
  const found = await findGateway(context, instance, { given });
  if (found instanceof BeamError) {
    context.warn(`It is registered, but ${lowerFirst(found.message)}`, found.hint);
    return { instance, problem: found };
  }
  if (found.pathPrefix === instance.pathPrefix) return { instance, found };
  return { instance: await editInstance(context, instance.id, { pathPrefix: found.pathPrefix }), found };
}

/** As the second half of a sentence; a name stays as it is. */
export function lowerFirst(text: string): string {
  return /^(?:Cannot|The|Plain) /.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

async function checkIdentity(key: string): Promise<void> {
  const { parseIdentity, recipientOf } = await import('../../../store/secrets/age-identity.ts');
  await recipientOf(parseIdentity(key));
}

export interface EditInput extends Selector, AddressInput, TransportInput {
  /** What it is to be called. */
  readonly rename?: string | undefined;
  /** False: no CA of its own any more. */
  readonly ca?: boolean | undefined;
  readonly renew?: 'auto' | 'off' | undefined;
  readonly check: boolean;
}

export type EditContext = AddContext & SelectContext;

/**
 * Changes an instance, which keeps its id, its key and its tokens. Throws `usage` where nothing is to be changed and for a label
 * or an address that is bad or another one's, and as `selectInstance` and `transportChange`.
 */
export async function editOneInstance(context: EditContext, input: EditInput): Promise<Edited> {
  const { name, label, id, ip, port, pathPrefix, rename, renew, ca, check, ...transport } = input;
  const edited = omitUndefined({ ip: ip === undefined ? undefined : bare(ip), port, pathPrefix, label: rename });
  const isIdle = [...Object.values(transport), ...Object.values(edited), renew, ca].every((value) => value === undefined);
  if (isIdle) throw new BeamError('usage', 'Nothing is to be changed', { hint: EDIT_HINT });
  if (rename !== undefined) checkLabel(rename);
  const before = await selectInstance(context, { name, label, id }, { named: 'harmony:edit' });
  const wanted = { ...before, ...edited };
  checkAddress(wanted.ip, wanted.port, wanted.pathPrefix);
  const change = {
    ...(await transportChange(context, transport, wanted)),
    ...(ca === false ? { ca: undefined } : {}),
    ...(renew === undefined ? {} : { renew }),
  };
  const instance = Object.keys(edited).length === 0 ? before : await editInstance(context, before.id, edited);
  await keepSettings(context, instance, change);
  warnOfPlaintext(context, instance, input);
  return { ...(check ? await lookAt(context, instance, true) : { instance }), before, change };
}

const EDIT_HINT: Hint = { command: 'runbeam harmony:edit --help' };

/** Throws `usage` for what is no label. */
export function checkLabel(label: string): void {
  if (label.trim() !== '' && label === printable(label, 100)) return;
  throw new BeamError('usage', 'A label is 1 to 100 printable characters', {
    hint: { command: 'runbeam harmony:add -l LABEL' },
  });
}
