/** Which file is which program. */
import { fileURLToPath } from 'node:url';

/** The files that child processes run. */
export interface Programs {
  readonly agent: string;
  readonly worker: string;
  readonly keyring: string;
}

/** They lie beside the bundle that this module is part of. */
export function bundledPrograms(): Programs {
  const beside = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return { agent: beside('agent'), worker: beside('worker'), keyring: beside('keyring') };
}
