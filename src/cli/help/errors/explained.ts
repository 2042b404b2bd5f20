/** Every error code with what it means, what brings it about and what to do then: `help error CODE`, and docs/errors.md. */
import { EXIT_CODES, isErrorCode, type ErrorCode } from '../../../errors.ts';
import type { Bin } from '../../routing/manifest.ts';
import { inWordsOf, type Explanation } from './explanation.ts';
import { HERE } from './here.ts';
import { LOGIN } from './login.ts';
import { NETWORK } from './network.ts';
import { POLICY } from './policy.ts';
import { USAGE } from './usage.ts';

/** A code without an explanation is a type error. */
const EXPLAINED: Readonly<Record<ErrorCode, Explanation>> = { ...USAGE, ...LOGIN, ...NETWORK, ...POLICY, ...HERE };

/** An explanation in words of a program. */
export const explained = (bin: Bin, code: ErrorCode): Explanation => inWordsOf(bin, EXPLAINED[code]);

/** Every code with its explanation in words of a program, in the order of the table of exit codes. */
export function explainedCodes(bin: Bin): readonly (readonly [code: ErrorCode, explanation: Explanation])[] {
  return Object.keys(EXIT_CODES)
    .filter(isErrorCode)
    .map((code) => [code, explained(bin, code)]);
}
