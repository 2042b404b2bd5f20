/** The sessions that are recorded, in order: each goes on where the one before has ended. */

export interface Session {
  /** Of its file in docs/pictures, without the ending. */
  readonly name: string;
  /** What it shows, for those who do not see it. */
  readonly title: string;
  /** Default 80. */
  readonly columns?: number;
  /** Typed before, and not shown. */
  readonly before?: readonly string[];
  readonly lines: readonly string[];
  /** The last line goes on by itself: it is recorded as soon as this was shown. */
  readonly until?: RegExp;
}

export const SESSIONS: readonly Session[] = [
  {
    name: 'login',
    title: 'beamd login shows a page and a code, waits, and says who you are; beamd orgs lists your orgs',
    lines: ['beamd login --no-qr --no-browser', 'beamd orgs'],
  },
  {
    name: 'why',
    title: 'A project is pinned to an org; beamd why shows every place that was looked at, and what won',
    columns: 100,
    before: ['beamd link --scope acme -q'],
    lines: ['cat .beamd', 'beamd why'],
  },
  {
    name: 'exec',
    title: 'beamd exec runs a program with a fresh token, server and org in its environment, and ends as it ends',
    lines: [
      'beamd exec -- ./deploy.sh',
      "beamd exec --scope widgets -- sh -c 'exit 3'; echo $?",
      'beamd exec --scope nobody -- ./deploy.sh',
    ],
  },
  {
    name: 'fleet',
    title: 'runbeam authorizes three gateways in one run; the ledger shows when their tokens end',
    columns: 100,
    before: ['runbeam login --no-qr --no-browser', 'add-gateways'],
    // One at a time, so that their tokens end in the order of their names.
    lines: ["runbeam harmony:authorize --match 'edge-*' --concurrency 1 -y", 'runbeam harmony:tokens'],
  },
  {
    name: 'top',
    title: 'beamd agent top shows the agents at work: sessions, callers, refreshes',
    columns: 100,
    before: ['beamd token | wc -l', 'beamd token | wc -l', 'runbeam verify'],
    lines: ['beamd agent top'],
    until: /q ends this/,
  },
];
