/** What any command of `runbeam` says of machine tokens that end soon, where nobody asked: 7, 3 and 1 days before, and after it. */
import { statSync } from 'node:fs';
import { BeamError, type Hint } from '../../../errors.ts';
import { endOf, tokenRows, type StandingDeps, type TokenRow } from '../../../runbeam/token-standing.ts';
import { readSettings } from '../../../store/instances/instance-settings.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { instancesFile, ledgerFile, type Homes } from '../../../store/paths.ts';
import { counted, printable } from '../../../text.ts';

/** Days before its end at which more is said. */
const STEPS = [0, 1, 3, 7] as const;

/** The agent renews those that it is to renew 5 days before; later than this it has not. */
const AGENT_IS_LATE = 3;

const DAY = 86_400_000;

/** Bytes of either list: what takes longer to read is for cron and Prometheus, and not for every command. */
const SMALL = 262_144;

/** A ledger is there, and nothing in it takes long to look at. */
export function hasSmallLedger(homes: Homes): boolean {
  const size = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size;
  try {
    const ledger = size(ledgerFile(homes));
    return ledger !== undefined && ledger <= SMALL && (size(instancesFile(homes)) ?? 0) <= SMALL;
  } catch {
    return false;
  }
}

/** One line, and how to put it right; undefined: nothing ends soon, or that cannot be known. Opens no token. Never throws. */
export async function endingSoon(deps: StandingDeps): Promise<{ readonly line: string; readonly hint: Hint } | undefined> {
  try {
    const now = deps.clock.now();
    const due = (await tokenRows(deps, { sealed: true })).flatMap((row) => dueOf(deps.homes, row, now));
    const steps = STEPS.map((days) => ({ days, labels: due.filter((each) => each.days === days).map(({ label }) => label) }));
    const [first, ...others] = steps.filter(({ labels }) => labels.length > 0);
    if (first === undefined) return undefined;
    const [label, ...namesakes] = first.labels;
    const line =
      label !== undefined && namesakes.length + others.length === 0
        ? `The machine token of ${label} ${first.days === 0 ? 'has ended' : `ends within ${counted(first.days, 'day')}`}`
        : `Machine tokens end: ${[first, ...others].map(stepText).join(', ')}`;
    return { line, hint: { command: 'runbeam harmony:renew --due 7d' } };
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return undefined;
  }
}

function stepText({ days, labels }: { readonly days: number; readonly labels: readonly string[] }): string {
  const when = days === 0 ? 'already' : `within ${counted(days, 'day')}`;
  return `${String(labels.length)} ${when} (${shown(labels)})`;
}

/** A few: one line is all that is said. */
const shown = (labels: readonly string[]): string =>
  labels.length > 3 ? `${labels.slice(0, 3).join(', ')}, …` : labels.join(', ');

interface Due {
  readonly label: string;
  readonly days: (typeof STEPS)[number];
}

function dueOf(homes: Homes, row: TokenRow, now: number): Due[] {
  const { instance, standing, givenOut } = row;
  if (instance === undefined || givenOut === true || (standing !== 'live' && standing !== 'expired')) return [];
  const days = STEPS.find((each) => endOf(row) <= now + each * DAY);
  if (days === undefined || (days > AGENT_IS_LATE && isRenewed(homes, instance))) return [];
  return [{ label: printable(instance.label, 40), days }];
}

const isRenewed = (homes: Homes, { id }: Instance): boolean => readSettings(homes, id).renew === 'auto';
