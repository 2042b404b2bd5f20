import { BeamError } from '../errors.ts';
import type { RevokeOutcome } from './dialect.ts';

const UNREACHABLE = new Set(['network', 'timeout', 'server_error', 'bad_answer']);

/** Runs a revocation; trouble on the way is the outcome `unreachable`, since logging out goes on regardless. */
export async function revoking(work: () => Promise<RevokeOutcome>): Promise<RevokeOutcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BeamError && UNREACHABLE.has(error.code)) return 'unreachable';
    throw error;
  }
}
