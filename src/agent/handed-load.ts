import { parseAnswer, resultOf } from './spawn-work.ts';
import { fileStamp } from './work.ts';
import type { LoadedSession, Work } from './work.ts';
import { parseLoaded } from './worker-protocol.ts';

export interface Handed {
  /** The account's file. */
  readonly file: string;
  /** All that the worker answered which was started together with this agent. */
  readonly answer: () => Promise<string>;
}

async function textOf(answer: Handed['answer']): Promise<string> {
  try {
    return await answer();
  } catch {
    return '';
  }
}

/** Throws what the worker failed with. Undefined: the session has to be read again. */
async function handedLoad({ file, answer }: Handed): Promise<LoadedSession | undefined> {
  const fields = parseAnswer(await textOf(answer));
  const loaded = fields && parseLoaded(resultOf(fields));
  // It may have been read a while ago: only what is still there counts.
  return loaded?.stamp === fileStamp(file) ? loaded : undefined;
}

/**
 * Work whose first `load` is the one that was begun side by side with this agent. Whenever that is not the session as it
 * is now, a worker of the agent's own reads it, as for every other load.
 */
export function withHandedLoad(work: Work, handed: Handed): Work {
  let waiting = true;
  return {
    ...work,
    load: async () => {
      const first = waiting;
      waiting = false;
      return (first ? await handedLoad(handed) : undefined) ?? work.load();
    },
  };
}
