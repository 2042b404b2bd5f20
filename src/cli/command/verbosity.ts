/** `-q`, `-v` and their kin: what they change. */
import type { Agents } from '../../agent/client/agents.ts';
import { wireName } from '../../agent/protocol/codec.ts';
import { accountTitle } from '../../hints.ts';
import type { Http, RequestMade, Tell } from '../../http.ts';
import { toldHttp } from '../../net/told-http.ts';
import { isListening, listenToSteps, longStep, tellStep } from '../../steps.ts';
import { accountOfKey } from '../../store/account-key.ts';
import { printable } from '../../text.ts';
import { processOutput, setTelling, telling } from '../output/output.ts';
import { readTelling } from '../routing/argv.ts';

/** The command line, of which the flags that say how much to tell hold from here on. */
export function hearTelling(typed: readonly string[]): readonly string[] {
  const { argv, telling } = readTelling(typed);
  setTelling(telling);
  if (telling.steps) listenToSteps(printStep);
  return argv;
}

/** Characters of a step at most: paths may be long. */
const LONGEST = 8_192;

function printStep(what: string, ms: number): void {
  const { note, errorStyle } = processOutput();
  note(errorStyle.dim(`${printable(what, LONGEST)} (${ms.toFixed(ms < 10 ? 1 : 0)} ms)`));
}

/** Whether notes are left out: errors and what a login shows are not notes. */
export function isQuiet(): boolean {
  return telling().quiet;
}

/** The client, telling of each request if that was asked for: where it went and what came of it, never a query or a token. */
export function tellingHttp(http: Http): Http {
  if (!isListening()) return http;
  return toldHttp(http, (made) => tellStep(requestText(made), made.ms));
}

function requestText({ method, origin, path = '/…', status }: RequestMade): string {
  return `${method} ${origin}${path}: ${status === undefined ? 'no answer' : String(status)}`;
}

/**
 * The agents, telling of each call if that was asked for: whose it was and which, never what went along; and of the requests that were
 * made for it, by whoever made them.
 */
export function tellingAgents(agents: Agents): Agents {
  if (!isListening()) return agents;
  const title = (key: string): string => `agent of ${accountTitle(accountOfKey(key))}`;
  const found = { done: (found: object | undefined) => (found === undefined ? 'not running' : 'found') };
  return {
    ...agents,
    open: async (account) => {
      const name = title(account.key);
      return told(name, await longStep(name, () => agents.open(account), { done: () => 'ready' }));
    },
    running: async (key) => {
      const agent = await longStep(title(key), () => agents.running(key), found);
      return agent && told(title(key), agent);
    },
    listening: async (socket, place) => {
      const name = `agent at ${socket}`;
      const agent = await longStep(name, () => agents.listening(socket, place), found);
      return agent && told(name, agent);
    },
    activity: (key) => longStep(`${title(key)}: activity`, () => agents.activity(key), found),
    status: (key) => longStep(`${title(key)}: status`, () => agents.status(key), found),
    stop: (key) => longStep(`${title(key)}: stop`, () => agents.stop(key)),
    inProcess: async (key) => told(`work of the ${title(key)}, in this process`, await agents.inProcess(key)),
  };
}

/** An agent, each call of which is a step, and each request that it took. */
function told<T extends object>(name: string, agent: T): T {
  const tell: Tell = (made) => tellStep(`${name}: ${requestText(made)}`, made.ms);
  return new Proxy(agent, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (typeof property === 'symbol' || property === 'close') return Reflect.apply(value, target, args) as unknown;
        return longStep(`${name}: ${wireName(property)}`, () => Promise.resolve(Reflect.apply(value, target, [args[0], tell])));
      };
    },
  });
}
