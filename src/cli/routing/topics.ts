/** What each bin is for, the words that group its commands, and what there is to read beside commands. */
import type { Bin } from './manifest.ts';

export const DESCRIPTIONS: Readonly<Record<Bin, string>> = {
  beamd: 'Log in to edges once, act for many orgs, and hand fresh tokens to every process.',
  runbeam: 'Runbeam Cloud and Harmony gateways: log in, register gateways, authorize them.',
};

interface Topic {
  readonly description: string;
  /** Commands whose first example stands for the topic. */
  readonly examples: readonly string[];
}

/** Words that group commands and are none themselves. */
export const TOPICS: Readonly<Record<Bin, Readonly<Record<string, Topic>>>> = {
  beamd: {
    agent: { description: 'The local agent that holds the session', examples: ['agent:status', 'agent:log', 'agent:lock'] },
    credential: {
      description: 'Tokens for git, docker and kubectl, in their own words',
      examples: ['credential:git', 'credential:docker', 'credential:kube'],
    },
    setup: {
      description: 'Make git, docker or kubectl ask for tokens here',
      examples: ['setup:git', 'setup:docker', 'setup:kube'],
    },
    pin: { description: 'What a project pins, checked', examples: ['pin:check'] },
  },
  runbeam: {
    backends: { description: 'Where requests go', examples: ['backends:list', 'backends:get'] },
    changes: { description: 'What gateways are to change', examples: ['changes:list', 'changes:get', 'changes:ack'] },
    endpoints: { description: 'Where requests come in', examples: ['endpoints:list', 'endpoints:get'] },
    gateways: { description: 'The gateways of your team', examples: ['gateways:list', 'gateways:get'] },
    pipelines: { description: 'The ways from endpoints to backends', examples: ['pipelines:list', 'pipelines:get'] },
    services: { description: 'The services behind your gateways', examples: ['services:list', 'services:get'] },
    transforms: { description: 'What pipelines make of messages', examples: ['transforms:get'] },
    config: { description: 'Settings of this machine', examples: ['config:get', 'config:set'] },
    harmony: {
      description: 'Harmony gateways: register, ask, authorize',
      examples: ['harmony:add', 'harmony:authorize', 'harmony:list'],
    },
    token: { description: 'Machine tokens', examples: ['token:get'] },
  },
};

export function isTopic(bin: Bin, word: string): boolean {
  return Object.hasOwn(TOPICS[bin], word);
}

/** What `help` tells about that is no command: `beamd help files`. */
export type Subject = 'environment' | 'error' | 'exit-codes' | 'files' | 'scopes';

export const SUBJECTS: Readonly<Record<Subject, string>> = {
  'scopes': 'Which edge and org a command acts for',
  'environment': 'Variables that are read',
  'exit-codes': 'What the exit code of a command means',
  'error': 'What an error means, and what helps',
  'files': 'What is kept on this machine, and where',
};

/** The subject that a word names, in any case, one or many: `error`, `errors`, `Exit-Code`. */
export function subjectOf(word: string): Subject | undefined {
  const typed = word.toLowerCase();
  return ([typed, `${typed}s`, typed.replace(/s$/, '')] as const).find(isSubject);
}

export function isSubject(word: string): word is Subject {
  return Object.hasOwn(SUBJECTS, word);
}
