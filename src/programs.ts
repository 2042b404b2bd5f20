/** Which file is which program. */
import { dirname, join } from 'node:path';
import { systemCode } from './errors.ts';

/** The files that child processes run. */
export interface Programs {
  readonly agent: string;
  readonly worker: string;
  readonly keyring: string;
}

/** They lie beside the bundle that this module is part of. */
export function bundledPrograms(): Programs {
  const beside = (name: string): string => join(import.meta.dirname, `${name}.cjs`);
  return { agent: beside('agent'), worker: beside('worker'), keyring: beside('keyring') };
}

/** Whether a part of this program that is loaded on demand was taken away meanwhile, by an update. */
export function isMissingProgram(error: unknown): boolean {
  const code = systemCode(error);
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') return true;
  // Taken away after Node had found it, and before it was read.
  const path = error instanceof Error && 'path' in error ? error.path : undefined;
  return code === 'ENOENT' && typeof path === 'string' && dirname(path) === import.meta.dirname;
}

declare const BEAMD_BUILD_VERSION: string | undefined;

/** Version of the package, put in by the build. */
export const VERSION: string = typeof BEAMD_BUILD_VERSION === 'string' ? BEAMD_BUILD_VERSION : '0.0.0';
