/** Which file is which program. */
import { join } from 'node:path';

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

declare const BEAMD_BUILD_VERSION: string | undefined;

/** Version of the package, put in by the build. */
export const VERSION: string = typeof BEAMD_BUILD_VERSION === 'string' ? BEAMD_BUILD_VERSION : '0.0.0';
