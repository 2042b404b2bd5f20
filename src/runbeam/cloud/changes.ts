/** What gateways are to change: they fetch it, say that they have it, and what became of it. */
import * as v from 'valibot';
import { one, pages, idSegment } from './collection.ts';
import { change, type Change } from './resources.ts';
import { post, type CallOptions, type CloudTransport } from './transport.ts';

/** Which changes were noted as received, and which could not be. */
export interface AcknowledgedChanges {
  readonly acknowledged: readonly string[];
  readonly failed: readonly string[];
}

/** Calls about changes. Each throws what every call throws. */
export interface Changes {
  /** Those that wait: of one gateway, else of all that the token is for. In a list they have no configuration. */
  list(options?: CallOptions & { readonly gatewayId?: string | undefined }): AsyncIterable<Change>;
  /** One, with its configuration. */
  get(id: string, options?: CallOptions): Promise<Change>;
  /** Says that changes were received. */
  acknowledge(ids: readonly string[], options?: CallOptions): Promise<AcknowledgedChanges>;
  /** Says that a change was made. */
  applied(id: string, options?: CallOptions): Promise<void>;
  /** Says that a change could not be made, and why. */
  failed(id: string, why: { readonly error: string; readonly details?: readonly string[] }, options?: CallOptions): Promise<void>;
}

const texts = v.array(v.string());
const acknowledgedSchema = v.object({ acknowledged: texts, failed: texts });
const notedSchema = v.object({ success: v.literal(true) });

export function createChanges(transport: CloudTransport): Changes {
  const note = async (id: string, outcome: 'applied' | 'failed', json: unknown, options: CallOptions): Promise<void> => {
    const path = `/harmony/change/${idSegment(id)}/${outcome}`;
    await transport.ask(post(path, json, options), notedSchema, 'answer to the change');
  };
  return {
    list: ({ gatewayId, ...options } = {}) => {
      const path = gatewayId === undefined ? '/harmony/changes' : `/harmony/changes/${idSegment(gatewayId)}`;
      return pages(transport, path, change, options);
    },
    get: (id, options = {}) => one(transport, `/harmony/change/${idSegment(id)}`, change, options),
    acknowledge: (ids, options = {}) => {
      const call = post('/harmony/changes/acknowledge', { change_ids: ids }, options);
      return transport.ask(call, acknowledgedSchema, 'acknowledgement');
    },
    applied: (id, options = {}) => note(id, 'applied', undefined, options),
    failed: (id, why, options = {}) => note(id, 'failed', why, options),
  };
}
