/** What each bin is for, the words that group its commands, and what there is to read beside commands. */
import type { Bin } from './manifest.ts';

export const DESCRIPTIONS: Readonly<Record<Bin, string>> = {
  beamd: 'Log in to edges once, act for many orgs, and hand fresh tokens to every process.',
  runbeam: 'Runbeam Cloud and Harmony gateways: log in, register instances, authorize them.',
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
    pin: { description: 'What a project pins, checked', examples: ['pin:check'] },
  },
  runbeam: {
    config: { description: 'Settings of this machine', examples: ['config:get', 'config:set'] },
    harmony: {
      description: 'Harmony instances: register, inspect, authorize',
      examples: ['harmony:add', 'harmony:authorize', 'harmony:list'],
    },
    token: { description: 'Machine tokens', examples: ['token:get'] },
  },
};

export function isTopic(bin: Bin, word: string): boolean {
  return Object.hasOwn(TOPICS[bin], word);
}

/** What `help` tells about that is no command: `beamd help files`. */
export type Subject = 'environment' | 'exit-codes' | 'files' | 'scopes';

export const SUBJECTS: Readonly<Record<Subject, string>> = {
  'scopes': 'Which edge and org a command acts for',
  'environment': 'Variables that are read',
  'exit-codes': 'What the exit code of a command means',
  'files': 'What is kept on this machine, and where',
};

export function isSubject(word: string | undefined): word is Subject {
  return word !== undefined && Object.hasOwn(SUBJECTS, word);
}
