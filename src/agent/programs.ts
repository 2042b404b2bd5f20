import { fileURLToPath } from 'node:url';

/** The files that background processes run. */
export interface Programs {
  readonly agent: string;
  readonly worker: string;
}

/** They lie beside the bundle that this module is part of. */
export function bundledPrograms(): Programs {
  const beside = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return { agent: beside('agent'), worker: beside('worker') };
}
