/** Where secrets are kept for machines, read and written by the engine's own client. */
import { BeamError } from '../../../errors.ts';
import { printable } from '../../../text.ts';
import { engineName, type Engine } from '../export/names.ts';
import { clientFailed, clientOf, type ClientContext } from './client.ts';
import type { Dialect, Kept } from './dialect.ts';

/** A secret of an engine, as `--to` and `--from` name it. */
export interface Target {
  readonly engine: Engine;
  readonly name: string;
}

const SHAPE = 'vault:MOUNT/PATH, k8s:NAMESPACE/NAME, aws:NAME or azure:VAULT/NAME';

/** Throws `usage`. */
export function parseTarget(text: string): Target {
  const at = text.indexOf(':');
  const engine = (['vault', 'k8s', 'aws', 'azure'] as const).find((one) => one === text.slice(0, at));
  if (engine === undefined || at + 1 === text.length) {
    throw new BeamError('usage', `${printable(text, 80)} names no secret of an engine`, { hint: { text: `It is ${SHAPE}` } });
  }
  return { engine, name: engineName(engine, text.slice(at + 1)) };
}

/** As it is typed. */
export const targetText = ({ engine, name }: Target): string => `${engine}:${name}`;

async function dialectOf(engine: Engine): Promise<Dialect> {
  switch (engine) {
    case 'vault':
      return (await import('./vault.ts')).vault;
    case 'k8s':
      return (await import('./kubernetes.ts')).kubernetes;
    case 'aws':
      return (await import('./aws.ts')).aws;
    case 'azure':
      return (await import('./azure.ts')).azure;
  }
}

/** A target with the client that was found for it. */
export interface OpenTarget {
  readonly target: Target;
  where(): Promise<string>;
  read(): Promise<Kept | undefined>;
  /**
   * Changes the secret, from what it is to what `change` makes of it; undefined leaves it. When somebody else changes it in
   * between, `change` is asked again with what they wrote, so of two writers neither undoes the other. Whether it was written.
   * Throws `failed`, and `busy` when others go on to change it.
   */
  change(change: (fields: Readonly<Record<string, string>>) => Readonly<Record<string, string>> | undefined): Promise<boolean>;
}

/** How often a change is begun anew. */
const ATTEMPTS = 8;

/** Finds the client of a target. Throws `not_found`. `secrets` are never shown, nor is what is read. */
export async function openTarget(context: ClientContext, target: Target, secrets: readonly string[]): Promise<OpenTarget> {
  const dialect = await dialectOf(target.engine);
  const hidden = [...secrets];
  const run = clientOf(context, dialect.program, hidden);
  const { name } = target;
  const read = async (): Promise<Kept | undefined> => {
    const kept = await dialect.read(run, name, context);
    hidden.push(...Object.values(kept?.fields ?? {}));
    return kept;
  };
  return {
    target,
    where: () => dialect.where(run, context),
    read,
    change: async (change) => {
      let before = await read();
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const fields = change(before?.fields ?? {});
        if (fields === undefined) return false;
        const written = await dialect.write(run, name, fields, before);
        if (written.ok) return true;
        const now = await read();
        if (JSON.stringify(now?.version) === JSON.stringify(before?.version)) {
          throw clientFailed(context, dialect.program, `write ${name}`, written.said);
        }
        before = now;
      }
      throw new BeamError('busy', `${name} was changed by others each time it was to be written`, {
        hint: { text: 'Try again' },
      });
    },
  };
}
