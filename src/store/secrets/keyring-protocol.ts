/** What passes between this program and the one that asks the OS keyring: one JSON value each way, over pipes. */
import { isFields, looseJson, type Fields } from '../../loose-json.ts';

/** Under this name everything of ours is found in the keyring. */
export const KEYRING_SERVICE = 'beamd';

/** What is asked of the keyring about the entry of one user. */
export interface KeyringRequest {
  /** `probe` writes a throw-away entry, reads it back and deletes it. */
  readonly op: 'get' | 'set' | 'delete' | 'probe';
  readonly user: string;
  /** For `set`. */
  readonly value?: string;
}

/**
 * `absent`: there is no keyring here. `locked`: it is there and does not open. `silent`: it does not answer. `broken`:
 * anything else.
 */
export type KeyringTrouble = 'absent' | 'locked' | 'silent' | 'broken';

export type KeyringAnswer =
  { readonly trouble: KeyringTrouble } | { readonly trouble?: never; readonly value?: string; readonly deleted?: boolean };

const OPS: readonly string[] = ['get', 'set', 'delete', 'probe'] satisfies KeyringRequest['op'][];
const TROUBLES: readonly string[] = ['absent', 'locked', 'silent', 'broken'] satisfies KeyringTrouble[];

function fieldsOf(text: string): Fields | undefined {
  const value = looseJson(text);
  return isFields(value) ? value : undefined;
}

const isOp = (value: unknown): value is KeyringRequest['op'] => typeof value === 'string' && OPS.includes(value);
const isTrouble = (value: unknown): value is KeyringTrouble => typeof value === 'string' && TROUBLES.includes(value);

/** Throws `TypeError`, which never holds the text: only our own program writes requests. */
export function parseKeyringRequest(text: string): KeyringRequest {
  const { op, user, value } = fieldsOf(text) ?? {};
  if (!isOp(op) || typeof user !== 'string') throw new TypeError('not a request');
  return { op, user, ...(typeof value === 'string' ? { value } : {}) };
}

/** Whatever is no answer is `broken`. */
export function parseKeyringAnswer(text: string): KeyringAnswer {
  const fields = fieldsOf(text);
  if (fields === undefined) return { trouble: 'broken' };
  const { trouble, value, deleted } = fields;
  if (trouble !== undefined) return { trouble: isTrouble(trouble) ? trouble : 'broken' };
  return {
    ...(typeof value === 'string' ? { value } : {}),
    ...(typeof deleted === 'boolean' ? { deleted } : {}),
  };
}
