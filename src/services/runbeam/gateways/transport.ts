/** How an instance may be spoken to, as it is typed: TLS, its CA, leave for plain http. Kept in the instance's own settings. */
import { BeamError } from '../../../errors.ts';
import { isLoopback } from '../../../http.ts';
import { harmonyOrigin, plainHttp, plaintextAddress } from '../../../runbeam/harmony-address.ts';
import type { InstanceSettings, SettingsChange } from '../../../store/instances/instance-settings.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { printable } from '../../../text.ts';
import { readCaFile } from '../../ca-file.ts';
import type { Context } from '../../context.ts';

export interface TransportInput {
  /** True: only https. False: as the address says, which is https everywhere but on this machine. */
  readonly tls?: boolean | undefined;
  /** A PEM file whose certificates are kept as text, for this instance alone. */
  readonly caFile?: string | undefined;
  /** Leave for plain http to another machine, given or taken back. */
  readonly allowPlaintext?: boolean | undefined;
}

type Address = Pick<Instance, 'ip' | 'port'>;

/** Whether the address is this machine. */
function isHere(address: Address): boolean {
  return isLoopback(new URL(harmonyOrigin(address, { tls: true })).hostname);
}

/**
 * What is to be written into the settings. Throws `usage` for TLS and plain http at once, and as `readCaFile`.
 */
export async function transportChange(
  context: Pick<Context, 'clock' | 'signal'>,
  { tls, caFile, allowPlaintext }: TransportInput,
  address: Address,
): Promise<SettingsChange> {
  if (allowPlaintext === true && (tls === true || caFile !== undefined)) {
    throw new BeamError('usage', 'Plain http is allowed, or TLS is asked for: not both', {
      hint: { text: 'Give --tls and --ca-file FILE, or --allow-plaintext' },
    });
  }
  const ca = caFile === undefined ? undefined : `${await readCaFile(context, caFile)}\n`;
  const secure = tls ?? (ca !== undefined || undefined);
  return {
    ...(secure === undefined ? {} : { tls: secure || undefined }),
    ...(ca === undefined ? {} : { ca }),
    // Leave for plain http undoes what would be in its way, and TLS takes that leave back.
    ...(allowPlaintext === true && !isHere(address) ? { plaintextTo: plaintextAddress(address), tls: undefined } : {}),
    ...(allowPlaintext === false || secure === true ? { plaintextTo: undefined } : {}),
  };
}

/** Refuses a URL that asks for plain http to another machine, unless leave is given with it or was before. Exit code 6. */
export function refusePlaintext(address: Address, settings: InstanceSettings, again: string): void {
  if (isHere(address) || settings.plaintextTo === plaintextAddress(address)) return;
  const { message } = plainHttp(plaintextAddress(address));
  throw new BeamError('insecure_transport', message, { hint: { command: `${again} --allow-plaintext` } });
}

/** What leave for plain http means, said when it is given. */
export function warnOfPlaintext({ warn }: Pick<Context, 'warn'>, address: Address, { allowPlaintext }: TransportInput): void {
  if (allowPlaintext !== true || isHere(address)) return;
  warn(`Whoever is on the way to ${printable(plaintextAddress(address))} can read and change what is sent, machine tokens too`, {
    text: 'With TLS in front of the management API: runbeam harmony:edit NAME --tls',
  });
}
