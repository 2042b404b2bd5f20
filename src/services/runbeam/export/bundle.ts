/** What a gateway is given where it runs: its variables, and where their values are. */
import { BeamError } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { Secret } from '../../../secret.ts';
import { findInstanceKey } from '../../../store/instances/instance-key.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { loadMachineToken, machineTokenJson, type MachineToken } from '../../../store/instances/machine-token.ts';
import { printable } from '../../../text.ts';
import type { Context } from '../../context.ts';

export type Variable = keyof typeof FIELDS;

/** What each is called in a secret that holds them all. */
export const FIELDS = {
  RUNBEAM_ENCRYPTION_KEY: 'encryption_key',
  RUNBEAM_MACHINE_TOKEN: 'machine_token',
  RUNBEAM_JWT_SECRET: 'jwt_secret',
} as const;

/** One variable of a gateway. */
export interface Entry {
  readonly variable: Variable;
  /** Absent: it is referenced. */
  readonly value?: Secret;
  /** Where the platform has it, if not beside the others: `NAME`, or `NAME#FIELD`. */
  readonly from?: string;
}

/** The values themselves are in it. */
export const isInline = (entries: readonly Entry[]): boolean => entries.every(({ value }) => value !== undefined);

/** What is beside the secrets, as the documents of Harmony have it. */
export const PLAIN = ['RUST_LOG', 'harmony=info'] as const;

export interface BundleInput {
  /** The values themselves, and not where they are. */
  readonly inline: boolean;
  /** The machine token, too. */
  readonly withToken: boolean;
  /** With `inline` a file, `env:NAME` or `-`; else what the platform calls it. Never made up: it must be the cloud's. */
  readonly jwtSecretFrom?: string | undefined;
}

export type BundleContext = Pick<Context, 'homes' | 'clock' | 'env' | 'readStdin' | 'signal'>;

/**
 * The variables of an instance, in the order in which they are written. A key is not made here. Throws `not_found` where there is no
 * key or, with `withToken`, no machine token; `usage` for a JWT secret that is none; `bad_key`, `bad_file`, `unsafe_path`,
 * `decrypt_failed`.
 */
export async function bundleOf(context: BundleContext, instance: Instance, input: BundleInput): Promise<Entry[]> {
  const { homes, env } = context;
  const key = await findInstanceKey(context, instance.id, env);
  if (key === undefined) {
    throw new BeamError('not_found', `There is no key of ${printable(instance.label)} to export`, {
      hint: { command: `runbeam harmony:set-key --id ${instance.id} --key -` },
    });
  }
  const token = input.withToken ? await loadMachineToken(homes, instance.id, key) : undefined;
  if (input.withToken && token === undefined) {
    throw new BeamError('not_found', `There is no machine token of ${printable(instance.label)} here`, {
      hint: { command: `runbeam harmony:authorize --id ${instance.id}` },
    });
  }
  const entry = (variable: Variable, value: () => Secret): Entry => (input.inline ? { variable, value: value() } : { variable });
  return [
    entry('RUNBEAM_ENCRYPTION_KEY', () => key.base64),
    ...(token === undefined ? [] : [entry('RUNBEAM_MACHINE_TOKEN', () => new Secret(machineTokenText(token)))]),
    ...(input.jwtSecretFrom === undefined ? [] : [await jwtSecret(context, input.jwtSecretFrom, input.inline)]),
  ];
}

/** As `RUNBEAM_MACHINE_TOKEN` takes it. JSON that can stand between single quotes, and in which nobody finds a variable to put in. */
export function machineTokenText(token: MachineToken): string {
  return JSON.stringify(machineTokenJson(token))
    .replaceAll("'", String.raw`\u0027`)
    .replaceAll('$', String.raw`\u0024`);
}

async function jwtSecret(context: BundleContext, from: string, inline: boolean): Promise<Entry> {
  const variable = 'RUNBEAM_JWT_SECRET';
  if (!inline) return { variable, from };
  const text = (await readSecret(context, from))?.replace(/\r?\n$/, '');
  if (text === undefined || text === '') {
    throw new BeamError('usage', `There is no JWT secret in ${printable(from)}`, {
      hint: { text: 'With --inline, --jwt-secret-from is a file, env:NAME, or - for standard input' },
    });
  }
  if (text !== printable(text, Infinity)) {
    throw new BeamError('usage', 'The JWT secret is more than one line of printable text', {
      hint: { text: 'A gateway takes it from a variable, as Runbeam Cloud has it' },
    });
  }
  return { variable, value: new Secret(text) };
}

async function readSecret({ env, readStdin, signal }: BundleContext, from: string): Promise<string | undefined> {
  if (from === '-') return readStdin();
  if (from.startsWith('env:')) return env[from.slice('env:'.length)];
  const { readNamedFile } = await import('../../../store/files/named-file.ts');
  return readNamedFile(from, signal);
}

/** The values by their fields, revealed: what an engine keeps. */
export function revealed(entries: readonly Entry[]): Record<string, string> {
  const values = entries.map(({ variable, value }) => [FIELDS[variable], value?.reveal()] as const);
  return omitUndefined(Object.fromEntries(values)) as Record<string, string>;
}
