/** The topics of each bin: words that group commands and are none themselves. */
import type { Bin } from './manifest.ts';

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
