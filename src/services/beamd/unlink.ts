/** `beamd unlink`: takes out what `beamd link` wrote. */
import { agreed } from '../agreed.ts';
import { BeamError } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import {
  clearProjectPin,
  findProjectPin,
  projectFileIn,
  readProjectPin,
  type ClearedPin,
  type ProjectPin,
} from '../../store/config/project-pin.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { projectFolder } from './link.ts';

export interface UnlinkInput {
  /** Only `.beamd.local`. */
  readonly local: boolean;
  /** Without asking. */
  readonly force: boolean;
}

export interface UnlinkResult {
  readonly files: readonly ClearedPin[];
  /** What pins this folder still, from another file. */
  readonly stays?: Pick<ProjectPin, 'path' | 'server' | 'scope'>;
}

type UnlinkContext = Pick<Context, 'cwd' | 'homes' | 'confirm'>;

/**
 * Throws `not_found` where there is nothing of the kind; `usage` where nobody agreed, and as `link` where no project is; and as
 * `writeProjectPin`.
 */
export async function unlink(context: UnlinkContext, input: UnlinkInput): Promise<UnlinkResult> {
  const folder = projectFolder(context, 'beamd unlink');
  const pinned = await pinsIn(folder, input);
  if (pinned.length === 0) throw await notLinked(context, folder);
  await agree(context, input, pinned);
  const files: ClearedPin[] = [];
  for (const { local } of pinned) files.push(await clearProjectPin(folder, { local }));
  return omitUndefined({ files, stays: await whatPins(context) });
}

interface PinnedFile {
  readonly path: string;
  readonly local: boolean;
  /** In words. */
  readonly what: string;
}

/** The files of this folder that pin something; what only names a service is no pin. */
async function pinsIn(folder: string, input: UnlinkInput): Promise<PinnedFile[]> {
  const found: PinnedFile[] = [];
  for (const local of input.local ? [true] : [false, true]) {
    const path = projectFileIn(folder, { local });
    if (path === undefined) continue;
    const { server, scope, account } = await readProjectPin(path);
    const parts = [server, scope && `org ${scope}`, account && `account ${account}`].filter(Boolean);
    if (parts.length > 0) found.push({ path, local, what: printable(parts.join(', ')) });
  }
  return found;
}

async function agree(context: UnlinkContext, { local, force }: UnlinkInput, pinned: readonly PinnedFile[]): Promise<void> {
  if (force) return;
  const what = pinned.map(({ path, what }) => `${printable(path, 1_000)} (${what})`).join(' and ');
  await agreed(context, `Remove what is pinned by ${what}?`, {
    nobody: `There is nobody to ask whether to remove ${what}`,
    no: 'Nothing was removed',
    command: `beamd unlink${local ? ' --local' : ''} --force`,
  });
}

async function whatPins({ cwd, homes }: UnlinkContext): Promise<UnlinkResult['stays']> {
  const pin = await findProjectPin(cwd, homes);
  if (pin?.server === undefined && pin?.scope === undefined) return undefined;
  return omitUndefined({ path: pin.path, server: pin.server, scope: pin.scope });
}

async function notLinked(context: UnlinkContext, folder: string): Promise<BeamError> {
  const stays = await whatPins(context);
  if (stays === undefined) {
    return new BeamError('not_found', `${folder} is not linked`, { hint: { command: 'beamd link' } });
  }
  return new BeamError('not_found', `${folder} is not linked itself; ${stays.path} pins it`, {
    hint: { text: `Edit that file, or run beamd unlink in its folder` },
  });
}
