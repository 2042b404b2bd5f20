/** What a forwarded socket answers: tokens of one org of one account, for a time, and the state of the agent. */
import type { Agent } from '../../agent/protocol/agent.ts';
import { answerWith, type Calls } from '../../agent/protocol/calls.ts';
import { METHODS, PROTOCOL, type Method } from '../../agent/protocol/wire.ts';
import type { Answer } from '../../agent/server/session-agent.ts';
import { BeamError } from '../../errors.ts';
import { sameName } from '../../matching.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { VERSION } from '../../programs.ts';
import { printable } from '../../text.ts';

export interface ForwardedDeps {
  /** The account's key. */
  readonly account: string;
  /** `Server.name` of the account. */
  readonly server: string;
  /** The org that tokens are for; absent on a self-hosted account. */
  readonly scope: string | undefined;
  /** Uses the account's agent for one call. */
  readonly withAgent: <T>(use: (agent: Agent) => Promise<T>) => Promise<T>;
  /** Whether its time is over. */
  readonly isOver: () => boolean;
}

/**
 * Answers `hello`, `token` and `status`; all else is `forbidden`, and so is everything once its time is over. Another org is
 * `unknown_scope`. Whatever the other side says, nothing is minted, changed, listed or stopped.
 */
export function answerForwarded(deps: ForwardedDeps): Answer {
  const answer = answerWith(METHODS, forwardedCalls(deps));
  return (method, params) => {
    if (!deps.isOver()) return answer(method, params);
    return Promise.reject(
      new BeamError('forbidden', 'The time of this forwarded agent is over', {
        hint: { text: 'Run beamd agent forward again, on the machine where you are logged in' },
      }),
    );
  };
}

const whoAnswers = { protocol: PROTOCOL, version: VERSION, pid: process.pid };

function forwardedCalls({ account, server, scope, withAgent }: ForwardedDeps): Calls<typeof METHODS> {
  const refuse = (): Promise<never> => Promise.reject(notForwarded());
  const refused = Object.fromEntries(Object.keys(METHODS).map((method) => [method, refuse])) as Readonly<
    Record<Method, typeof refuse>
  >;
  return {
    ...refused,
    // It has no surroundings that a client could compare its own with: it is on another machine.
    hello: () => Promise.resolve({ ...whoAnswers, account, network: '', desktop: '', server }),
    status: () => withAgent((agent) => agent.status()),
    token: async ({ scope: asked, ...wishes } = {}) => {
      if (asked !== undefined && scope !== undefined && sameName([scope], asked) === undefined) throw onlyFor(scope, asked);
      return withAgent((agent) => agent.token(omitUndefined({ ...wishes, scope })));
    },
  };
}

function notForwarded(): BeamError {
  return new BeamError('forbidden', 'A forwarded agent gives tokens, and does nothing else', {
    hint: { text: 'Do this on the machine where you are logged in' },
  });
}

function onlyFor(scope: string, asked: string): BeamError {
  return new BeamError('unknown_scope', `This forwarded agent acts for ${printable(scope)}, and not for ${printable(asked)}`, {
    hint: { text: `Ask without an org, or forward once more with --scope ${printable(asked)}` },
  });
}
