/** `runbeam harmony:export`: what a gateway is given where it runs. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { BeamError } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { gitTop } from '../../../store/config/git-ignore.ts';
import { writeFileAtomic } from '../../../store/files/atomic-file.ts';
import { requireFolderFor } from '../../../store/files/guarded-folder.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { printable, shellWord } from '../../../text.ts';
import type { Context } from '../../context.ts';
import { selectInstance, type SelectContext, type Selector } from '../gateways/select-instance.ts';
import { bundleOf, type BundleContext, type BundleInput, type Entry } from './bundle.ts';
import { awsText, azureText, ecsText, vaultText } from './engines.ts';
import { dockerFile, envFile } from './env-file.ts';
import { composeFile, kubernetesManifest } from './manifests.ts';
import { engineName, usualName, type Engine } from './names.ts';

export const FORMATS = ['env', 'docker', 'compose', 'k8s', 'ecs', 'vault', 'aws', 'azure'] as const;

export type Format = (typeof FORMATS)[number];

export interface ExportInput extends Selector, BundleInput {
  readonly format?: Format | undefined;
  /** The file it goes to; without one it is for standard output. */
  readonly out?: string | undefined;
  /** What the secret is called at the platform; of `env` the folder that its files are in. */
  readonly secret?: string | undefined;
  /** Default: `harmony:latest`. */
  readonly image?: string | undefined;
  /** Write over a file, and show secrets, without asking. */
  readonly yes: boolean;
  /** What is not written to a file ends on a screen. */
  readonly onScreen: boolean;
}

export interface Exported {
  readonly instance: Instance;
  readonly format: Format;
  /** There are secrets in it. */
  readonly inline: boolean;
  readonly text: string;
  /** The file that it was written to. */
  readonly path?: string;
}

type ExportContext = BundleContext & SelectContext & Pick<Context, 'confirm' | 'warn' | 'cwd'>;

/**
 * Writes what one platform reads. Throws as `selectInstance` and `bundleOf`; `usage` for a name that the platform does not take,
 * and after a no or with nobody to ask before a file is replaced; `secret_in_project` for secrets where git would take them;
 * `storage`, `storage_full`.
 */
export async function exportInstance(context: ExportContext, input: ExportInput): Promise<Exported> {
  const { format, inline, out } = input;
  if (format === undefined) {
    throw new BeamError('usage', 'Say what is to read it: --format FORMAT, or --to TARGET', {
      hint: { command: 'runbeam harmony:export --help' },
    });
  }
  const path = out === undefined ? undefined : resolve(context.cwd, out);
  if (path !== undefined) requireFolderFor(path);
  const instance = await selectInstance(context, input, { reads: !inline });
  const entries = await bundleOf(context, instance, input);
  const text = await written(entries, { ...input, format }, instance);
  if (input.jwtSecretFrom === undefined) {
    context.warn('RUNBEAM_JWT_SECRET is not in it: it is the one that Runbeam Cloud has, and is not made up', {
      text: '--jwt-secret-from says where it is; a gateway that verifies with RS256 needs none',
    });
  }
  if (path !== undefined) {
    if (inline) await refuseInGit(context, path);
    await agreeToReplace(context, path, input.yes);
    writeFileAtomic(path, text);
  } else if (inline && input.onScreen && !input.yes) await agreeToShow(context);
  return omitUndefined({ instance, format, inline, text, path });
}

type Wanted = ExportInput & { readonly format: Format };

async function written(entries: readonly Entry[], input: Wanted, { label, id }: Instance): Promise<string> {
  const { format, image = 'harmony:latest', secret } = input;
  const named = (engine: Engine): string => engineName(engine, secret ?? usualName(engine, label, id));
  switch (format) {
    case 'env':
      return envFile(entries, secret ?? '.secrets');
    case 'docker':
      return dockerFile(entries);
    case 'compose':
      return composeFile(entries, { image, label });
    case 'k8s':
      return kubernetesManifest(entries, named('k8s'), { image, label });
    case 'ecs':
      return ecsText(entries, named('aws'), image);
    case 'vault':
      return vaultText(entries, named('vault'));
    case 'aws':
      return awsText(entries, named('aws'));
    case 'azure':
      return azureText(entries, named('azure'));
  }
}

/** Git is asked itself, which alone knows all of its rules; where it cannot be, it is believed to take the file. */
async function refuseInGit({ env }: ExportContext, path: string): Promise<void> {
  const folder = dirname(path);
  if (!existsSync(folder)) return;
  const real = join(realpathSync(folder), basename(path));
  if (gitTop(dirname(real)) === undefined) return;
  const { askGit } = await import('../../../store/config/git-files.ts');
  const { tracked, ignored } = await askGit(real, env);
  if (ignored === true && tracked === false) return;
  const why = tracked === true ? 'git has this file' : 'git would take this file';
  throw new BeamError('secret_in_project', `${printable(path, 1_000)} is not written: ${why}, and there are secrets in it`, {
    hint: { text: `Add ${shellWord(basename(path))} to .gitignore, or write to a folder outside of the repository` },
  });
}

async function agreeToReplace({ confirm }: ExportContext, path: string, yes: boolean): Promise<void> {
  if (yes || !existsSync(path)) return;
  const answer = await confirm(`Replace ${printable(path, 1_000)}? All that is in it goes.`);
  if (answer === true) return;
  throw new BeamError('usage', `${printable(path, 1_000)} is there already, and was left as it is`, {
    hint: { text: 'With -y it is replaced' },
  });
}

async function agreeToShow({ confirm, warn }: ExportContext): Promise<void> {
  const answer = await confirm('Show the secrets on this terminal?');
  if (answer === undefined)
    warn('There are secrets in what follows', { text: '--out FILE writes them to a file that only you can read' });
  if (answer !== false) return;
  throw new BeamError('usage', 'Nothing was shown', { hint: { text: '--out FILE writes it to a file that only you can read' } });
}
