/** `runbeam harmony:mesh-token` and `harmony:resolve`. */
import { BeamError, type Hint } from '../../errors.ts';
import type { MeshToken, Resolution } from '../../runbeam/cloud/client.ts';
import { printable } from '../../text.ts';
import { askCloud, type AskInput, type CloudContext } from './cloud.ts';

export interface MeshTokenInput extends AskInput {
  readonly meshId: string;
  /** Where the request goes that the token is for. */
  readonly destinationUrl: string;
}

/** A token for one member of a mesh to show another. It is kept nowhere. Throws `usage`, `not_found`, and as `askCloud`. */
export function meshToken(context: CloudContext, input: MeshTokenInput): Promise<MeshToken> {
  const { meshId, destinationUrl } = input;
  if (!/^https?:$/.test(URL.canParse(destinationUrl) ? new URL(destinationUrl).protocol : '')) {
    throw new BeamError('usage', 'The destination is not an http or https address', {
      hint: { command: 'runbeam harmony:mesh-token MESH https://gateway.example.com/path' },
    });
  }
  return askCloud(context, input, {
    what: `a token of mesh ${meshId}`,
    left: () => ({ message: 'a mesh token may have been issued; it is kept nowhere here' }),
    ask: (client, options) =>
      orNone(`There is no mesh ${printable(meshId, 80)}`, () => client.meshToken({ meshId, destinationUrl }, options)),
  });
}

const REFERENCE: Hint = { text: 'A reference is PROVIDER.TEAM.TYPE.name.NAME: runbeam.acme.ingress.name.patient_api' };

/** What a reference stands for. Throws `usage`, `not_found`, and as `askCloud`. */
export function resolveReference(context: CloudContext, input: AskInput & { readonly reference: string }): Promise<Resolution> {
  const { reference } = input;
  const shown = printable(reference, 120);
  if (shown.trim() === '') throw new BeamError('usage', 'What was given is no reference', { hint: REFERENCE });
  return askCloud(context, input, {
    what: shown,
    ask: (client, options) => orNone(`Nothing is called ${shown}`, () => client.resolveResource(reference, options)),
  });
}

async function orNone<T>(message: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BeamError) || error.code !== 'not_found') throw error;
    throw new BeamError('not_found', message, { ...(message.startsWith('Nothing') && { hint: REFERENCE }), cause: error });
  }
}
