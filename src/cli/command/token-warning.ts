/** After a command of `runbeam`: machine tokens that end soon. Costs a look at two files, and more only where there are tokens. */
import { systemClock } from '../../clock.ts';
import type { Env } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { ledgerFile, resolveHomes, userHome, type Homes } from '../../store/paths.ts';
import { hintLine } from '../output/style.ts';
import { processOutput } from '../output/output.ts';
import { isQuiet } from './verbosity.ts';

/** What these print is all about tokens, or is read by a shell that starts. */
const NOT_AFTER: readonly string[] = [
  'harmony:tokens',
  'harmony:list',
  'harmony:info',
  'harmony:renew',
  'harmony:revoke',
  'completion',
  'version',
];

/** Says so on stderr. Never throws what is about the tokens: the command has done what it was to do. */
export async function warnOfTokens(id: string | undefined, env: Env = process.env): Promise<void> {
  if (id === undefined || NOT_AFTER.includes(id) || isQuiet()) return;
  const homes = homesWithTokens(env);
  if (homes === undefined) return;
  const { endingSoon, hasSmallLedger } = await import('../../services/runbeam/tokens/ending-soon.ts');
  const found = hasSmallLedger(homes) ? await endingSoon({ homes, clock: systemClock, env }) : undefined;
  if (found === undefined) return;
  const { note, errorStyle } = processOutput();
  note(errorStyle.warning(found.line));
  note(hintLine(found.hint));
}

/** Undefined where there is no ledger, and where there is no home folder that it could be in. */
function homesWithTokens(env: Env): Homes | undefined {
  const homes = resolveHomes(env, userHome());
  try {
    return process.getBuiltinModule('node:fs').existsSync(ledgerFile(homes)) ? homes : undefined;
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return undefined;
  }
}
