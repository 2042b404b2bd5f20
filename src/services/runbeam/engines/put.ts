/** `runbeam harmony:export --to TARGET`: the secrets of an instance go into an engine, by its own client. */
import { agreed } from '../../agreed.ts';
import { BeamError } from '../../../errors.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { parseMachineToken } from '../../../store/instances/machine-token.ts';
import { printable, shellWord } from '../../../text.ts';
import type { Context } from '../../context.ts';
import { bundleOf, revealed, type BundleContext } from '../export/bundle.ts';
import { selectInstance, type SelectContext, type Selector } from '../gateways/select-instance.ts';
import type { ClientContext } from './client.ts';
import { openTarget, parseTarget, targetText, type OpenTarget } from './engine.ts';

export interface PutInput extends Selector {
  /** `vault:MOUNT/PATH`, `k8s:NAMESPACE/NAME`, `aws:NAME`, `azure:VAULT/NAME`. */
  readonly to: string;
  readonly withToken: boolean;
  /** A file, `env:NAME` or `-`. */
  readonly jwtSecretFrom?: string | undefined;
  readonly yes: boolean;
}

export interface Put {
  readonly instance: Instance;
  /** As it was typed. */
  readonly target: string;
  /** Server, context or account. */
  readonly where: string;
  readonly fields: readonly string[];
  /** False: all of it was there. */
  readonly written: boolean;
}

type PutContext = BundleContext & SelectContext & ClientContext & Pick<Context, 'confirm'>;

/**
 * Other fields that are there stay. Throws `usage` for no target, after a no, and with nobody to ask; as `selectInstance`, `bundleOf`,
 * `openTarget` and its `change`.
 */
export async function putSecrets(context: PutContext, input: PutInput): Promise<Put> {
  const target = parseTarget(input.to);
  const instance = await selectInstance(context, input);
  const fields = revealed(await bundleOf(context, instance, { ...input, inline: true }));
  const open = await openTarget(context, target, Object.values(fields));
  const where = await open.where();
  if (!input.yes) await agree(context, open, { instance, fields, where });
  const written = await open.change((before) => merged(before, fields));
  return { instance, target: targetText(target), where, fields: Object.keys(fields), written };
}

/** What is to be there then; undefined where it is already. Of two machine tokens the one that lasts longer stays, and of equals the one that is there. */
export function merged(
  before: Readonly<Record<string, string>>,
  fields: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  const after = { ...before, ...fields };
  const there = before['machine_token'];
  if (there !== undefined && endOf(there) >= endOf(fields['machine_token'])) after['machine_token'] = there;
  return Object.keys(after).every((name) => before[name] === after[name]) ? undefined : after;
}

/** Milliseconds since 1970; 0 for what is no machine token. */
function endOf(json: string | undefined): number {
  if (json === undefined) return 0;
  try {
    return Date.parse(parseMachineToken(json, 'the engine').expiresAt) || 0;
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return 0;
  }
}

interface Agreed {
  readonly instance: Instance;
  readonly fields: Readonly<Record<string, string>>;
  readonly where: string;
}

async function agree(context: PutContext, open: OpenTarget, { instance, fields, where }: Agreed): Promise<void> {
  const place = targetText(open.target);
  const there = (await open.read())?.fields['encryption_key'];
  const other = there !== undefined && there !== fields['encryption_key'];
  const what = `${Object.keys(fields).join(', ')} of ${printable(instance.label)} to ${place} (${where})`;
  await agreed(context, `Write ${what}?${other ? ' There is another key, which is replaced.' : ''}`, {
    nobody: `There is nobody to ask whether to write to ${place} (${where})`,
    no: 'Nothing was written',
    command: `runbeam harmony:export --id ${instance.id} --to ${shellWord(place)} -y`,
  });
}
