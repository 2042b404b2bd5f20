/**
 * Stands in for `@oclif/core/flags` in the everyday program: the same calls give bare definitions, enough to parse a command
 * line that is right. One that is not goes to oclif, which has the words for it.
 */
interface Common {
  readonly char?: string;
  /** Other long names. */
  readonly aliases?: readonly string[];
  readonly required?: boolean;
  readonly exclusive?: readonly string[];
  readonly dependsOn?: readonly string[];
  readonly default?: unknown;
}

export interface FlagDefinition extends Common {
  readonly kind: 'text' | 'switch' | 'number';
  readonly allowNo?: boolean;
  readonly options?: readonly string[];
  readonly min?: number;
  readonly max?: number;
}

export function string(options: Common = {}): FlagDefinition {
  return { ...options, kind: 'text' };
}

export function boolean(options: Common & { readonly allowNo?: boolean } = {}): FlagDefinition {
  return { ...options, kind: 'switch' };
}

export function integer(options: Common & { readonly min?: number; readonly max?: number } = {}): FlagDefinition {
  return { ...options, kind: 'number' };
}

export function option(options: Common & { readonly options: readonly string[] }): () => FlagDefinition {
  return () => ({ ...options, kind: 'text' });
}
