/** Stands in for `@oclif/core/args` in the everyday program, as `flags.ts` does for the flags. */
export interface ArgDefinition {
  readonly required?: boolean;
  readonly default?: unknown;
  readonly options?: readonly string[];
}

export function string(options: ArgDefinition = {}): ArgDefinition {
  return options;
}
