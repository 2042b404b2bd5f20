/** What `runbeam harmony:tokens|revoke` print with `--json`. */
import * as v from 'valibot';
import { STANDINGS } from '../../../runbeam/token-standing.ts';
import { instanceSchema } from './instances.ts';

const standingSchema = v.picklist(STANDINGS);

const rowSchema = v.object({
  /**
   * `undelivered`: it is here, and the gateway does not have it. `perhaps_issued`: the cloud was asked, and its answer never
   * came. `lost`: it was issued, and is neither here nor at the gateway. `replaced`: a newer one took its place, or it was
   * deleted here. `unreadable`: another program stored it, and no key here opens it.
   */
  standing: standingSchema,
  /** It was asked for with `token:get`, beside the one that the gateway has: nothing renews it. */
  given_out: v.optional(v.literal(true)),
  /** Absent: it is for no registered instance. */
  instance: v.optional(instanceSchema),
  gateway_code: v.string(),
  gateway_id: v.optional(v.string()),
  /** Origin of the cloud; absent if it is not known. */
  cloud: v.optional(v.string()),
  /** RFC 3339. */
  issued_at: v.optional(v.string()),
  /** RFC 3339; of one that was perhaps issued when it would end at the latest. */
  expires_at: v.optional(v.string()),
});

export const tokensSchema = v.object({ tokens: v.array(rowSchema) });

export const revokeSchema = v.object({
  instance: instanceSchema,
  /** What was stored here. */
  removed: v.array(v.picklist(['token', 'undelivered'])),
  /** What may still be alive at the cloud, which has no call that ends one. */
  alive: v.array(rowSchema),
});

export type TokenRowJson = v.InferOutput<typeof rowSchema>;
export type TokensJson = v.InferOutput<typeof tokensSchema>;
export type RevokeJson = v.InferOutput<typeof revokeSchema>;
