import { Secret } from '../secret.ts';

/** A token or a secret as a program has it. */
export function secretOf(value: string | Secret): Secret {
  return typeof value === 'string' ? new Secret(value) : value;
}
