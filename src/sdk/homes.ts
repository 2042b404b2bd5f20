import { resolveHomes, userHome, type Homes } from '../store/paths.ts';

/** The folders of this user, as the commands find them: `BEAMD_HOME`, `RUNBEAM_HOME`. */
export function ownHomes(): Homes {
  return resolveHomes(process.env, userHome());
}
