/** What a command said, and whether it may say that. */
import { EXIT_CODES, isErrorCode } from '../../../src/errors.ts';
import type { Ran } from '../cli-user.ts';

export interface Answered {
  readonly line: readonly string[];
  readonly ran: Ran;
  /** Wall clock at its start, milliseconds since 1970. */
  readonly began: number;
}

export interface Circumstances {
  /** Whether the user's session was over, and known to be, at any time while the command ran. */
  readonly wasOver: boolean;
  /** As the edges' `endOf`. */
  readonly endOf: (token: string) => number | undefined;
}

export interface Judged {
  /** What it said, for a count of each. */
  readonly kind: string;
  /** Why it may not say that. */
  readonly fault?: string;
}

/** A server that gives whole seconds cuts off up to one, which its clients do not see, milliseconds. */
const ROUNDING = 1_000;

const NOTICES = [
  /^! The agent does not answer; this command works without it$/,
  /^Run: beamd agent stop --server \S+$/,
  /^! No agent can be started here; this command works without one$/,
];

/** Failed, or the server is out of reach; usage, policy and the rest have no place here. */
const PASSING: readonly (number | null)[] = [1, 5];

/** What is said of an error that nobody thought of. */
const UNFORESEEN = /^Something went wrong inside|^beamd has not been built/;

/** Node's own, of a program that an update took away as it was started: there was no line of ours yet. */
const NO_PROGRAM = /^Error: (?:ENOENT: no such file or directory, \w+|Cannot find module) '\S+\/bin\/beamd\.js'/m;

/** Judges the answer of a command, and of `token` what it gave. */
export function judge(answered: Answered, circumstances: Circumstances): Judged {
  const { line, ran } = answered;
  if (ran.code !== 0) return judgeFailure(answered, circumstances);
  const rest = withoutNotices(ran.stderr);
  const kind = `${line[0] === 'token' ? 'token' : 'other command'}: done${rest === ran.stderr ? '' : ', without an agent'}`;
  if (line[0] !== 'token') return { kind };
  if (rest !== '') return { kind, fault: 'a token with more than notices on stderr' };
  const { wasOver, endOf } = circumstances;
  const token = line.includes('--json') ? tokenInJson(ran.stdout) : /^(\S+)\n$/.exec(ran.stdout)?.[1];
  if (token === undefined) return { kind, fault: 'something else than a token on stdout' };
  const end = endOf(token);
  if (end === undefined && wasOver) return { kind: 'token: of a session that was just over' };
  if (end === undefined) return { kind, fault: 'a token that this server has not issued' };
  return end + ROUNDING < answered.began ? { kind, fault: `a token that ended ${answered.began - end} ms before` } : { kind };
}

function judgeFailure({ line, ran }: Answered, { wasOver }: Circumstances): Judged {
  if (ran.code === null) return { kind: 'no end', fault: 'it did not end in time' };
  if (ran.stdout === '' && NO_PROGRAM.test(ran.stderr))
    return { kind: 'no command: an update took it away before its first line' };
  // What fails before the program has read its flags is text.
  const said = (line.includes('--json') ? (errorInJson(ran) ?? endInStatus(ran)) : undefined) ?? errorInText(ran);
  const message = said?.replaceAll(/'?\/[^\s']+'?/g, 'PATH').replaceAll(/\d+(?:[\d.:_-]*\d)?/g, 'N');
  const kind = `${line[0] === 'token' ? 'token' : 'other command'}: exit ${ran.code}: ${message ?? '(unclear)'}`;
  if (message === undefined) return { kind, fault: 'no error of ours' };
  if (UNFORESEEN.test(message)) return { kind, fault: 'an error that nobody thought of' };
  if (PASSING.includes(ran.code) || (ran.code === 4 && wasOver)) return { kind };
  return { kind, fault: 'an error that does not belong here' };
}

function withoutNotices(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !NOTICES.some((notice) => notice.test(line)))
    .join('\n');
}

/** The message of an error as text: it and the next command, and nothing on stdout. */
function errorInText({ stdout, stderr }: Ran): string | undefined {
  const [, message] = /^Error: (.+)\n(?:(?:Run|Hint): .+\n)?$/.exec(withoutNotices(stderr)) ?? [];
  return stdout === '' ? message : undefined;
}

/** The message of an error as JSON, if its code is the exit's. */
function errorInJson({ stdout, code }: Ran): string | undefined {
  const error = fieldOf(parsed(stdout), 'error');
  const [name, message] = [fieldOf(error, 'code'), fieldOf(error, 'message')];
  return isErrorCode(name) && EXIT_CODES[name] === code && typeof message === 'string' ? message : undefined;
}

/** What `status` shows of a session that has ended is its result, with the exit code that an error would have. */
function endInStatus({ stdout, code }: Ran): string | undefined {
  const state = fieldOf(fieldOf(parsed(stdout), 'session'), 'state');
  return code === EXIT_CODES.session_ended && state === 'ended' ? 'the session has ended' : undefined;
}

function tokenInJson(stdout: string): string | undefined {
  const token = fieldOf(parsed(stdout), 'access_token');
  return typeof token === 'string' ? token : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;
}
