/** `beamd doctor` and `runbeam doctor`: looks at all that a login and its commands need, and changes nothing unless told to. */
import { withAgent } from '../../agent/client/with-agent.ts';
import { resolve } from 'node:path';
import { BeamError } from '../../errors.ts';
import type { Account } from '../../store/accounts/account.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { createAccountStore } from '../../store/accounts/account-store.ts';
import { homeEntries } from '../../store/home-entries.ts';
import type { Context } from '../context.ts';
import { nothingChanged, type Wait } from '../waiting.ts';
import { accounts } from './checks/accounts.ts';
import { agents } from './checks/agents.ts';
import { completion } from './checks/completion.ts';
import { helpers } from './checks/helpers.ts';
import { homes } from './checks/homes.ts';
import { keyFiles } from './checks/key-files.ts';
import { keyring } from './checks/keyring.ts';
import { leftovers } from './checks/leftovers.ts';
import { network } from './checks/network.ts';
import { program } from './checks/program.ts';
import { project } from './checks/project.ts';
import { servers } from './checks/servers.ts';
import { settings } from './checks/settings.ts';
import { strangers } from './checks/strangers.ts';
import {
  error,
  homesOf,
  type AgentFound,
  type Check,
  type Draft,
  type Finding,
  type Patient,
  type Subject,
} from './report/finding.ts';
import { trouble } from './report/text.ts';

/** Every check, in the order of the report: what takes a server or another program stands last. */
const CHECKS: readonly Check[] = [
  program,
  settings,
  homes,
  leftovers,
  strangers,
  keyFiles,
  project,
  network,
  completion,
  agents,
  accounts,
  helpers,
  keyring,
  servers,
];

export interface DoctorInput {
  readonly patient: Patient;
  /** Put right what can be put right without harm. */
  readonly fix: boolean;
  /** Ask no server. */
  readonly offline: boolean;
  /** Only the accounts of this server, or of this name, are looked at. */
  readonly server?: string | undefined;
  readonly account?: string | undefined;
  /** An API key file that is looked at, too. */
  readonly config?: string | undefined;
  /** Where a report is written that may leave the machine. */
  readonly bundle?: string | undefined;
  /** Names of servers stay in it. */
  readonly withHosts: boolean;
}

export interface DoctorResult {
  readonly patient: Patient;
  readonly offline: boolean;
  /** In the order of the checks. */
  readonly findings: readonly Finding[];
  /** The report that was written. */
  readonly bundle?: string;
}

type DoctorContext = Pick<Context, 'env' | 'cwd' | 'homes' | 'clock' | 'agents' | 'http' | 'signal' | 'waiting'> &
  Pick<Subject, 'keyring'>;

/**
 * Runs every check, all at once, and tells of each finding as soon as its check has ended: what is slow holds up nothing else.
 * Starts no agent and refreshes nothing. Throws `interrupted`, and as `accountFilter` and
 * `newBundle`.
 */
export async function doctor(
  context: DoctorContext,
  input: DoctorInput,
  tell: (finding: Finding) => void = () => undefined,
): Promise<DoctorResult> {
  const { patient, offline, fix, bundle } = input;
  const report = bundle === undefined ? undefined : (await import('./bundle.ts')).newBundle(resolve(context.cwd, bundle));
  const list = await lister(context, input);
  const chosen = CHECKS.filter(({ only, online }) => (only ?? patient) === patient && !(offline && online === true));
  const first = fix ? chosen.filter(({ mends }) => mends === true) : [];
  const found = new Map<Check, readonly Finding[]>();
  const look = async (check: Check, subject: Subject): Promise<void> => {
    const { waits } = check;
    const work = (): Promise<readonly Draft[]> => drafted(check, subject);
    const drafts = await (waits === undefined ? work() : context.waiting(wait(waits, fix), work));
    const findings = fix
      ? await Promise.all(drafts.map((draft) => mended(check, draft)))
      : drafts.map((draft) => finding(check, draft));
    found.set(check, findings);
    for (const one of findings) tell(one);
  };
  // What is put right is put right before anything else looks, and in this order.
  for (const check of first) await look(check, subjectOf(context, input, list));
  const subject = subjectOf(context, input, list);
  const [begin, ...others] = chosen.filter((check) => !first.includes(check));
  // What takes no time is said before anything else is even begun.
  if (begin !== undefined) await look(begin, subject);
  await Promise.all(others.map((check) => look(check, subject)));
  const result = { patient, offline, findings: chosen.flatMap((check) => found.get(check) ?? []) };
  return report === undefined ? result : { ...result, bundle: report(context, result, subject.entries(), input.withHosts) };
}

/** Where something may have been put right already, an interruption does not say that nothing was changed. */
function wait(line: string, fix: boolean): Wait {
  return fix ? { line } : { line, left: nothingChanged };
}

/** What keeps a check from looking is something that it found. */
async function drafted(check: Check, subject: Subject): Promise<readonly Draft[]> {
  try {
    return await check.look(subject);
  } catch (failure) {
    if (!(failure instanceof BeamError) || failure.code === 'interrupted') throw failure;
    return [error([trouble(failure)], failure.hint)];
  }
}

function finding({ name }: Check, { level, message, hint }: Draft): Finding {
  return omitUndefined({ check: name, level, message, hint });
}

async function mended(check: Check, draft: Draft): Promise<Finding> {
  if (draft.repair === undefined) return finding(check, draft);
  try {
    return { check: check.name, level: 'ok', message: await draft.repair(), fixed: true };
  } catch {
    // It says what is wrong and what to type: that is as true as before.
    return finding(check, draft);
  }
}

type List = Subject['accounts'];

function subjectOf(context: DoctorContext, { patient, config, offline }: DoctorInput, list: List): Subject {
  const { env, homes: folders, clock, agents: running, http, signal, keyring: asksKeyring } = context;
  const names = patient === 'beamd' ? (['beamd'] as const) : (['beamd', 'runbeam'] as const);
  const there = homesOf({ homes: folders, patient });
  const asked = new Map<string, Promise<AgentFound>>();
  let listing: ReturnType<List> | undefined;
  let entries: ReturnType<Subject['entries']> | undefined;
  return {
    ...{ env, homes: folders, clock, agents: running, http, signal, patient, offline },
    ...omitUndefined({ config, keyring: asksKeyring }),
    get cwd() {
      return context.cwd;
    },
    accounts: () => (listing ??= list()),
    entries: () =>
      (entries ??= names.flatMap((name, index) => (typeof there[index] === 'string' ? homeEntries(folders, name) : []))),
    agent: (key) => {
      const answer = asked.get(key) ?? lookForAgent(context, key);
      asked.set(key, answer);
      return answer;
    },
  };
}

/** What lists the accounts that are meant. Of a home that cannot be used there are none: `homes` says why. */
async function lister({ homes: folders, clock, env }: DoctorContext, { patient, server, account }: DoctorInput): Promise<List> {
  const store = createAccountStore({ homes: folders, clock, env, untouched: true });
  const fits =
    server === undefined && account === undefined
      ? undefined
      : await import('../beamd/accounts.ts').then((module) => module.accountFilter({ accounts: store }, { server, account }));
  const isMeant = ({ provider, key }: Account): boolean =>
    provider === (patient === 'beamd' ? 'edge' : 'runbeam') && fits?.(key) !== false;
  return async () => {
    try {
      const all = await store.list();
      return { accounts: all.accounts.filter(isMeant), problems: all.problems };
    } catch (failure) {
      if (failure instanceof BeamError) return { accounts: [], problems: [] };
      throw failure;
    }
  };
}

async function lookForAgent({ agents: all }: DoctorContext, key: string): Promise<AgentFound> {
  try {
    const agent = await all.running(key);
    if (agent === undefined) return 'none';
    return await withAgent(agent, async () => ({ info: agent.info, status: await agent.status() }));
  } catch (failure) {
    if (!(failure instanceof BeamError)) throw failure;
    return failure.code === 'busy' ? 'busy' : failure;
  }
}
