/** From a table of calls to both ends of a wire: whoever makes them on one side, whoever answers them on the other. */
import type { Tell } from '../../http.ts';
import { decode, encode, wireName, type Shape, type Value } from './codec.ts';

/** What a call is given and what comes of it. */
export interface Contract {
  readonly params: Shape;
  readonly result: Shape;
  /** How long it is waited for, milliseconds, where that is not `CALL_DEADLINE`. */
  readonly deadline?: number;
}

type Table = Readonly<Record<string, Contract>>;

type NameIn<T extends Table> = keyof T & string;

/** Parameters that all may be absent may be left out. `tell` is told of the requests that were made for the call, if it is known. */
type Arguments<P> = Partial<P> extends P ? [params?: P, tell?: Tell] : [params: P, tell?: Tell];

/** The calls of a table as functions. */
export type Calls<T extends Table> = {
  readonly [N in keyof T]: (...params: Arguments<Value<T[N]['params']>>) => Promise<Value<T[N]['result']>>;
};

/** Makes one call, parameters and result in their JSON form. `tell`: as in `Calls`. */
export type Send<N> = (name: N, params: unknown, tell?: Tell) => Promise<unknown>;

/** The calls of a table over whatever carries them. Each throws `agent_unavailable` for a result that it cannot read. */
export function callsOver<T extends Table>(table: T, send: Send<NameIn<T>>): Calls<T> {
  const calls: object = Object.fromEntries(
    namesIn(table).map((name) => {
      const { params, result } = contractOf(table, name);
      const call = async (given: unknown = {}, tell?: Tell): Promise<unknown> =>
        decode(result, await send(name, encode(params, given), tell), name);
      return [name, call];
    }),
  );
  return calls as Calls<T>;
}

/** The other end: reads the parameters, makes the call and writes the result. Throws `agent_unavailable`, and what it throws. */
export function answerWith<T extends Table>(table: T, calls: Calls<T>): Send<NameIn<T>> {
  return async (name, params, tell) => {
    const contract = contractOf(table, name);
    const call = calls[name] as (params: unknown, tell?: Tell) => Promise<unknown>;
    return encode(contract.result, await call(decode(contract.params, params, name), tell));
  };
}

/** Finds a call by its name on the wire; undefined for a name of none. */
export function finderIn<T extends Table>(table: T): (name: unknown) => NameIn<T> | undefined {
  const names = new Map<unknown, NameIn<T>>(namesIn(table).map((name) => [wireName(name), name]));
  return (name) => names.get(name);
}

function namesIn<T extends Table>(table: T): NameIn<T>[] {
  return Object.keys(table);
}

function contractOf(table: Table, name: string): Contract {
  const contract = table[name];
  if (contract === undefined) throw new TypeError(`${name} is not in the table`);
  return contract;
}
