/**
 * The part of the wire contract that it takes to get a token: limits, and two calls. By itself, because it is all that the client
 * of programs knows (`src/sdk/agent`), which is to be small.
 */
import type { Contract } from './calls.ts';
import { choice, flag, number, object, optional, secret, text, token } from './codec.ts';

/** Raised whenever a change here would confuse the other side. */
export const PROTOCOL = 3;

/** Longest line either side of a socket accepts, bytes. */
export const MAX_FRAME = 256 * 1024;

/** How long an agent may take to say hello, milliseconds. */
export const HELLO_DEADLINE = 2_000;

/** How long either side may take to finish a line it began, milliseconds. */
export const FRAME_DEADLINE = 2_000;

/** How long a call that may need the network is waited for, milliseconds. */
export const CALL_DEADLINE = 90_000;

/** What every agent says of itself. */
export const whichAgent = object({
  /** Version of the wire protocol. */
  protocol: number,
  /** Version of the package the agent was started from. */
  version: text,
  pid: number,
  /** Account key the agent serves. */
  account: text,
});

const agentInfo = object({
  ...whichAgent.members,
  /** Its surroundings, as `surroundingsOf` names them. */
  network: text,
  desktop: text,
  gateways: optional(text),
  /** `Server.name` of its tokens; only a forwarded agent says it here. */
  server: optional(text),
});

const tokenGrant = object({
  accessToken: token,
  /** Unix seconds. Absent: does not expire by itself. */
  expiresAt: optional(number),
  /** `Server.name` the token is for. */
  server: text,
  /** The org acted for; absent on a self-hosted (token) account. */
  scope: optional(text),
  /**
   * Why the token is not what was asked for. `not_renewable`: there is nothing to refresh it with. `short_lived`: the server gives
   * none that lasts so long. `too_soon`: it is younger than half a minute, and another one would be no better. `failed`: the refresh
   * went wrong, as `code` and `problem` say.
   */
  unmet: optional(
    object({ why: choice('not_renewable', 'short_lived', 'too_soon', 'failed'), code: optional(text), problem: optional(text) }),
  ),
});

/** Two of the methods of `wire.ts`. */
export const FOR_TOKENS = {
  /** `client`: what the client says of itself. */
  hello: { params: object({ client: optional(text) }), result: agentInfo, deadline: HELLO_DEADLINE },
  /**
   * A fresh access token for an org of the account; without one, for its default. With `held`, only one that needs no
   * refresh now, else `agent_unavailable`. `refused`: the one that a server did not take; where the agent holds another by now,
   * or gets one, it gives that. `minTtl`: seconds that it is to last at least. `refresh`: another one than that which is held. All
   * who ask at once share one refresh, and a token is half a minute old before these ask for the next one; what could not be had is
   * said in `unmet`. Throws `login_required`, `session_ended`, `unknown_scope`, `network`, `timeout`, `busy`.
   */
  token: {
    params: object({
      scope: optional(text),
      held: optional(flag),
      refused: optional(secret),
      minTtl: optional(number),
      refresh: optional(flag),
    }),
    result: tokenGrant,
  },
} as const satisfies Record<string, Contract>;
