/** What each bin is for, and the words that group its commands. */
import type { Bin } from './manifest.ts';

export const DESCRIPTIONS: Readonly<Record<Bin, string>> = {
  beamd: 'Log in to edges once, act for many orgs, and hand fresh tokens to every process.',
  runbeam: 'Runbeam Cloud and Harmony gateways: log in, register instances, authorize them.',
};

/** Words that group commands and are none themselves. */
export const TOPICS: Readonly<Record<Bin, Readonly<Record<string, { readonly description: string }>>>> = {
  beamd: { agent: { description: 'The local agent that holds the session' } },
  runbeam: {
    config: { description: 'Settings of this machine' },
    harmony: { description: 'Harmony instances: register, inspect, authorize' },
    token: { description: 'Machine tokens' },
  },
};

export function isTopic(bin: Bin, word: string): boolean {
  return Object.hasOwn(TOPICS[bin], word);
}
