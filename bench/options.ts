import { parseArgs } from 'node:util';
import { omitUndefined } from '../src/omit-undefined.ts';

export interface Options {
  /** Rounds of each timed row. */
  readonly runs: number;
  /** Seconds that an idle agent is watched. */
  readonly idle: number;
  /** Measure only times, and fail when one is far over its goal. */
  readonly budget: boolean;
  /** Print the table as docs/performance.md has it. */
  readonly markdown: boolean;
  /** Measure the executable, too. */
  readonly standalone: boolean;
  /** Another Node that everything is repeated with. */
  readonly node?: string;
}

function whole(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1 up`);
  return value;
}

export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '21' },
      idle: { type: 'string', default: '60' },
      budget: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
      standalone: { type: 'boolean', default: false },
      node: { type: 'string' },
    },
  });
  const { runs, idle, budget, markdown, standalone, node } = values;
  return {
    runs: whole(runs, 'runs'),
    idle: whole(idle, 'idle'),
    budget,
    markdown,
    standalone,
    ...omitUndefined({ node }),
  };
}
