/** Logins in which somebody reads the terminal and goes to the page. */
import type { Decision } from '../login/decide.ts';
import type { RunResult, RunningBin } from './run-bin.ts';

/** A server that people approve logins on: by user code, or Runbeam Cloud by URL. */
export interface Approver {
  approve(codeOrUrl: string): Promise<void>;
  deny(codeOrUrl: string): Promise<void>;
}

const USER_CODE = /\b[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}\b/;
const LOGIN_URL = /https?:\/\/\S+\/cli\/login\?code=[A-Z-]+/;

/** Reads the user code off the output of a login and decides on the server's pages. */
export async function decideByCode(bin: RunningBin, server: Approver, decision: Decision = 'approve'): Promise<RunResult> {
  const [code] = await bin.waitFor(USER_CODE);
  await server[decision](code);
  return bin.done;
}

/** Reads the URL off the output of `runbeam login` and decides there. */
export async function decideByUrl(bin: RunningBin, server: Approver, decision: Decision = 'approve'): Promise<RunResult> {
  const [url] = await bin.waitFor(LOGIN_URL);
  await server[decision](url);
  return bin.done;
}
