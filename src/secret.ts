// The well-known key of node:util's inspect.custom, without loading node:util.
const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

const REDACTED = '[redacted]';

/**
 * A string that must not be shown. Printing, serialising, interpolating or inspecting it gives `[redacted]`;
 * only `reveal()` gives the value, so every place that uses it can be found by that name.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspectCustom](): string {
    return REDACTED;
  }
}
