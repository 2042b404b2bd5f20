/** The ladder in words, for people: what `ladder.ts` does, rung by rung. Backticks enclose what is typed. */
export interface RungWords {
  readonly what: string;
  /** The first that names something wins. */
  readonly rungs: readonly string[];
}

export const RUNG_WORDS: readonly RungWords[] = [
  { what: 'everything', rungs: ['`--config FILE`: its server and key, no account, no `.beamd`, no org'] },
  {
    what: 'server',
    rungs: [
      '`--server`',
      '`BEAMD_SERVER`',
      '`.beamd` `server:`',
      'the current account (`beamd switch`)',
      'the only account',
      'the default server (`BEAMD_DEFAULT_HOST`), for `BEAMD_TOKEN` alone',
    ],
  },
  {
    what: 'account, of that server',
    rungs: [
      '`--account`',
      '`BEAMD_ACCOUNT`',
      '`.beamd.local` or `.beamd` `account:`',
      'the current account, if it is of that server',
      'the one without a name',
      'the only account',
    ],
  },
  {
    what: 'org',
    rungs: ['`--scope`', '`BEAMD_SCOPE`', '`.beamd` `scope:`', 'the default org (`beamd default`)', 'your personal org'],
  },
  { what: 'token', rungs: ['`BEAMD_TOKEN` (for `BEAMD_SERVER`)', '`BEAMD_AGENT_SOCK` (if it is of that server)', 'the account'] },
];
