/** The next step of an error that brings none: what is usual after one of its kind, in words of the program that failed. */
import { BeamError, type ErrorCode, type Hint } from '../../errors.ts';
import type { Bin } from '../routing/manifest.ts';

const AGAIN: Hint = { text: 'Try again in a moment' };

const lookAtIt = (bin: Bin): Hint => ({ command: `${bin} doctor` });
const logIn = (bin: Bin): Hint => ({ command: `${bin} login` });

/** Of errors that may come from anywhere. All others say it where they are made, for it depends on what was asked. */
const USUAL: Partial<Readonly<Record<ErrorCode, (bin: Bin) => Hint>>> = {
  network: lookAtIt,
  timeout: () => AGAIN,
  server_error: () => AGAIN,
  busy: () => AGAIN,
  bad_answer: () => ({ text: 'Check the address: something else may answer there, or a proxy' }),
  token_rejected: logIn,
  expired_token: logIn,
  forbidden: () => ({ text: 'Ask an admin of your org to allow it' }),
  not_found: () => ({ text: 'Check the name and the address' }),
  storage: lookAtIt,
  storage_full: () => ({ text: 'Free some space and run the command again' }),
  decrypt_failed: lookAtIt,
  agent_unavailable: lookAtIt,
  failed: lookAtIt,
};

/** Codes of errors that lead on wherever they are made. */
export const USUALLY_HINTED: ReadonlySet<string> = new Set(Object.keys(USUAL));

/** Codes that need no explanation: what was typed, or wished for, or is full is all that there is to it. */
const PLAIN: ReadonlySet<ErrorCode> = new Set(['usage', 'interrupted', 'storage_full']);

/** Next steps in words that are as good for any error of a kind. */
const VAGUE: ReadonlySet<string> = new Set(
  Object.values(USUAL).flatMap((hint) => {
    const usual = hint('beamd');
    return 'text' in usual ? [usual.text] : [];
  }),
);

/**
 * The command that explains an error whose next step is not known: there is none, or it is only what is usual, in words.
 * With `asked`, that of any error which needs one.
 */
export function explaining({ code, hint }: BeamError, bin: Bin, asked: boolean): string | undefined {
  const vague = hint === undefined || ('text' in hint && VAGUE.has(hint.text));
  return (asked || vague) && !PLAIN.has(code) ? `${bin} help error ${code}` : undefined;
}

/** The same error, leading on where there is a usual next step and it names none itself. */
export function leadingOn(error: BeamError, bin: Bin): BeamError {
  const hint = error.hint === undefined ? USUAL[error.code]?.(bin) : undefined;
  return hint === undefined ? error : new BeamError(error.code, error.message, { hint, cause: error.cause, at: error.at });
}
