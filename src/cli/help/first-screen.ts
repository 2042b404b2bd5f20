/** What a program alone shows: what it is, where to start, its commands in groups, three examples, and where to read on. */
import { isTopic, SUBJECTS, TOPICS } from '../routing/topics.ts';
import type { Bin } from '../routing/manifest.ts';
import type { Layout, Row } from './layout.ts';
import { summary, typed, type CommandWords } from './words.ts';

interface FirstScreen {
  readonly what: string;
  /** Words that a newcomer does not know, each in a line. */
  readonly words: readonly string[];
  /** What is typed first. */
  readonly start: Row;
  /** Commands by what they are for, as they are typed; a topic stands for all of its own. */
  readonly groups: readonly (readonly [heading: string, names: readonly string[]])[];
  readonly examples: readonly Row[];
}

const SCREENS: Readonly<Record<Bin, FirstScreen>> = {
  beamd: {
    what: 'beamd logs you in to edges once, and hands fresh access tokens to every program that asks.',
    words: [
      'An edge is a tunnel server that you log in to.',
      'An org is whom you act for there: yourself, or a team that you belong to.',
    ],
    start: ['$ beamd login', 'Log in to an edge, in a browser'],
    groups: [
      ['LOG IN', ['login', 'logout', 'accounts', 'switch']],
      ['CHOOSE AN ORG', ['orgs', 'default', 'link', 'unlink', 'pin']],
      ['USE THE LOGIN', ['token', 'exec', 'credential', 'setup']],
      ['SEE WHAT IS USED', ['whoami', 'status', 'why', 'doctor']],
      ['BEHIND IT', ['agent', 'completion', 'version']],
    ],
    examples: [
      ['$ beamd orgs', 'List the orgs that you can act for'],
      ['$ beamd link --scope acme', 'Use this org in this project'],
      ['$ beamd exec -- ./deploy.sh', 'Run a program with a fresh token'],
      ['$ beamd --config app.yaml', 'Check an API key, as CI uses one'],
    ],
  },
  runbeam: {
    what: 'runbeam logs you in to Runbeam Cloud, and authorizes your Harmony gateways there.',
    words: [
      'A gateway is a Harmony proxy. You register it here under a label.',
      'To authorize it is to hand it a token of its own, for 30 days.',
    ],
    start: ['$ runbeam login', 'Log in to Runbeam Cloud, in a browser'],
    groups: [
      ['LOG IN', ['login', 'logout', 'verify']],
      ['REGISTER GATEWAYS', ['harmony:add', 'harmony:edit', 'harmony:list', 'harmony:remove']],
      ['AUTHORIZE THEM', ['harmony:authorize', 'token:get']],
      ['ASK THEM', ['harmony:status', 'harmony:info', 'harmony:pipelines', 'harmony:routes', 'harmony:reload', 'harmony:update']],
      [
        'SEE WHAT RUNBEAM CLOUD KEEPS',
        [
          'gateways',
          'services',
          'endpoints',
          'backends',
          'pipelines',
          'transforms',
          'changes',
          'harmony:resolve',
          'harmony:mesh-token',
        ],
      ],
      ['THEIR TOKENS', ['harmony:tokens', 'harmony:renew', 'harmony:revoke']],
      ['THEIR KEYS', ['harmony:set-key', 'harmony:show-key', 'harmony:rotate-key', 'harmony:delete-key']],
      ['RUN THEM ELSEWHERE', ['harmony:export']],
      ['THIS PROGRAM', ['config', 'doctor', 'test-browser', 'completion', 'list', 'version']],
    ],
    examples: [
      ['$ runbeam harmony:add -i 127.0.0.1 -p 8081 -l my-label', 'Register a gateway'],
      ['$ runbeam harmony:authorize -l my-label', 'Authorize it'],
      ['$ runbeam harmony:list', 'See them all'],
    ],
  },
};

/** Commands that are in no group yet are shown, too. */
const OTHERS = 'MORE';

/** The commands of the first screen by their headings; every command that is shown is in one, itself or its topic. */
export function groupCommands(bin: Bin, commands: readonly CommandWords[]): (readonly [heading: string, rows: readonly Row[]])[] {
  const rows = new Map<string, string>();
  const { groups } = SCREENS[bin];
  const listed = new Set(groups.flatMap(([, names]) => names));
  for (const command of commands) {
    const name = typed(bin, command);
    const [topic = ''] = name.split(/[ :]/);
    if (!listed.has(name) && isTopic(bin, topic)) rows.set(topic, TOPICS[bin][topic]?.description ?? '');
    else rows.set(name, summary(command));
  }
  const others = [...rows.keys()].filter((name) => !listed.has(name));
  return [...groups, [OTHERS, others] as const]
    .map(([heading, names]) => [heading, names.flatMap((name) => rowOf(name, rows))] as const)
    .filter(([, shown]) => shown.length > 0);
}

function rowOf(name: string, rows: ReadonlyMap<string, string>): Row[] {
  const about = rows.get(name);
  return about === undefined ? [] : [[name, about]];
}

/** `commands`: those that are shown. `loggedIn`: whether there is a login already. */
export function firstScreen(bin: Bin, commands: readonly CommandWords[], loggedIn: boolean, layout: Layout): string {
  const { what, words, start, examples } = SCREENS[bin];
  const { section, list, command, paragraph, wordWidth } = layout;
  const groups = groupCommands(bin, commands);
  const widest = wordWidth(groups.flatMap(([, rows]) => rows));
  const more: Row[] = [
    [`${bin} COMMAND --help`, 'All about one command'],
    ...Object.entries(SUBJECTS).map(([subject, about]): Row => [`${bin} help ${subject}`, about]),
  ];
  return [
    paragraph(what),
    words.map((line) => paragraph(line)).join('\n'),
    section('USAGE', command(`${bin} COMMAND [FLAGS]`)),
    ...groups.map(([heading, rows]) => section(heading, list(rows, widest))),
    // Near the end, which is what a terminal of 24 lines still shows.
    ...(loggedIn ? [] : [section('START HERE', list([start]))]),
    section('EXAMPLES', list(examples)),
    section('READ ON', list(more)),
  ].join('\n\n');
}
