/** Trouble by name, to be switched on and off while the sandbox runs. */
import { ALICE_ORGS } from '../fixtures.ts';
import type { Fault, Faults } from '../server/faults.ts';
import type { Standing } from './servers.ts';

export interface NamedFault {
  readonly name: string;
  /** What is wrong then, and what is to be seen of it. Without a full stop. */
  readonly about: string;
  /** What happens when it is switched on, and off. */
  readonly on?: (servers: Standing) => unknown;
  readonly off?: (servers: Standing) => unknown;
  /** The server that answers otherwise for as long as it is on, and how. */
  readonly of?: (servers: Standing) => { readonly faults: Faults };
  readonly fault?: Fault;
}

/** Milliseconds. Longer than one is patient, shorter than any command is. */
const SLOW = 5_000;

/** Seconds. The rest of a usual hour is waited for by nobody. */
const [SHORT, USUAL] = [20, 3600];

const TWO_HOURS = 7_200_000;

const hosted = ({ beamAuth }: Standing): Standing['beamAuth'] => beamAuth;

export const NAMED_FAULTS: readonly NamedFault[] = [
  { name: 'edge-down', about: 'The hosted edge answers 503 to everything', of: hosted, fault: { status: 503 } },
  { name: 'edge-slow', about: 'The hosted edge takes five seconds for every answer', of: hosted, fault: { delay: SLOW } },
  {
    name: 'edge-page',
    about: 'Something else answers in place of the hosted edge: a page of a proxy',
    of: hosted,
    fault: { html: true },
  },
  { name: 'edge-cut', about: 'The hosted edge cuts every connection', of: hosted, fault: { reset: true } },
  {
    name: 'edge-clock',
    about: 'The clock of the hosted edge is two hours ahead',
    of: hosted,
    fault: { headers: () => ({ date: new Date(Date.now() + TWO_HOURS).toUTCString() }) },
  },
  {
    name: 'session-ended',
    about: 'Every session on the hosted edge has been ended there; a new login is good',
    on: ({ beamAuth }) => {
      beamAuth.expireAccess();
      beamAuth.endSessions();
    },
  },
  {
    name: 'short-tokens',
    about: 'Tokens of the hosted edge live for 20 seconds: watch the agent refresh them',
    on: ({ beamAuth }) => beamAuth.setExpiresIn(SHORT),
    off: ({ beamAuth }) => beamAuth.setExpiresIn(USUAL),
  },
  {
    name: 'org-lost',
    about: 'Alice belongs to widgets no more',
    on: ({ beamAuth }) => beamAuth.setOrgs(ALICE_ORGS.filter(({ slug }) => slug !== 'widgets')),
    off: ({ beamAuth }) => beamAuth.setOrgs(ALICE_ORGS),
  },
  { name: 'cloud-down', about: 'Runbeam Cloud answers 503 to everything', of: ({ cloud }) => cloud, fault: { status: 503 } },
  {
    name: 'cloud-busy',
    about: 'Runbeam Cloud wants to be asked again in three seconds (429)',
    of: ({ cloud }) => cloud,
    fault: { status: 429, headers: { 'retry-after': '3' }, json: { message: 'Too many requests.' } },
  },
  { name: 'gateway-away', about: 'The gateway cuts every connection', of: ({ harmony }) => harmony, fault: { reset: true } },
  {
    name: 'gateway-off',
    about: 'The Runbeam integration of the gateway is off: it takes a token, and uploads nothing',
    on: ({ harmony }) => harmony.setEnabled(false),
    off: ({ harmony }) => harmony.setEnabled(true),
  },
];

/** The faults of running servers. */
export class Switches {
  readonly #servers: Standing;
  readonly #on = new Set<NamedFault>();

  constructor(servers: Standing) {
    this.#servers = servers;
  }

  isOn(fault: NamedFault): boolean {
    return this.#on.has(fault);
  }

  /** Switches a fault. Throws for a name that none has. Of two that are on for one server, the first of the list is seen. */
  async set(name: string, on: boolean): Promise<void> {
    const fault = NAMED_FAULTS.find((each) => each.name === name);
    if (fault === undefined) throw new Error(`There is no fault ${name}: ${NAMED_FAULTS.map((each) => each.name).join(', ')}`);
    if (on) await fault.on?.(this.#servers);
    else await fault.off?.(this.#servers);
    // What happens once, and is over, is never on.
    if (on && (fault.fault !== undefined || fault.off !== undefined)) this.#on.add(fault);
    else this.#on.delete(fault);
    this.#lay();
  }

  #lay(): void {
    for (const { of } of NAMED_FAULTS) of?.(this.#servers).faults.clear();
    for (const { of, fault } of NAMED_FAULTS.filter((each) => this.#on.has(each))) {
      if (fault !== undefined) of?.(this.#servers).faults.next('*', { ...fault, times: Infinity });
    }
  }
}
