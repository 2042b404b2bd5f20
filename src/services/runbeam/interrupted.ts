/** What an interrupted authorization has done so far, by what is on disk: the agent or its worker goes on without the command. */
import type { Hint } from '../../errors.ts';
import type { Instance } from '../../store/instances/instances.ts';
import { tokenMarks, type TokenMarks } from '../../store/instances/machine-token.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import type { Left } from '../waiting.ts';

/** How it is done. */
export interface Manner {
  /** Only the token that is kept is being delivered. */
  readonly retry: boolean;
  /** This process asks, with a token that it was given: nobody goes on when it ends. */
  readonly here: boolean;
}

/** What is said where this process asked for a machine token, and was interrupted before the answer came. */
export const LOST: Hint = { text: 'If the cloud has issued it, nobody has it, and it ends by itself after 30 days' };

/** To be called before it begins; the result tells what has come of it when it is asked. */
export function whatAuthorizingLeft(
  { homes }: Pick<Context, 'homes'>,
  { id, label }: Pick<Instance, 'id' | 'label'>,
  { retry, here }: Manner,
): () => Left {
  const before = tokenMarks(homes, id);
  const name = printable(label, 80);
  const again = `runbeam harmony:authorize --id ${id} --retry`;
  return () => {
    const now = tokenMarks(homes, id);
    if (isNew('stored', before, now)) return { message: `${name} is authorized` };
    if (retry) return { message: 'the machine token is kept, and not known to be delivered', hint: { command: again } };
    if (isNew('pending', before, now)) {
      return { message: 'a machine token was issued and is kept; it is not delivered yet', hint: { command: again } };
    }
    return {
      message: `no machine token for ${name} has arrived yet`,
      hint: here ? LOST : { text: `What was begun goes on. A token that still comes is kept: ${again}` },
    };
  };
}

function isNew(file: keyof TokenMarks, before: TokenMarks, now: TokenMarks): boolean {
  return now[file] !== undefined && now[file] !== before[file];
}
