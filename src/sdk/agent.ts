/**
 * `@beamd/cli/agent`: fresh tokens from the agent of an account, for programs that run for long: editors, watchers, servers.
 * It is a small client of a running agent, and nothing of the rest.
 *
 * @packageDocumentation
 */
export { connect, type ConnectOptions } from './agent/connect.ts';
export type { AgentConnection, TokenOptions } from './agent/connection.ts';
export type { AgentEvents } from './agent/events.ts';
export { BeamError, type ErrorCode, type ErrorOptions, type Hint } from '../errors.ts';
