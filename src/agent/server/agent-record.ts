/** Which process the agent is, for the case that it cannot be asked any more. */
import { BeamError } from '../../errors.ts';
import { readSmallFile, writeFileAtomic } from '../../store/files/atomic-file.ts';
import { livenessOf, thisProcess, type ProcessIdentity } from '../../store/files/process-identity.ts';
import { decode, number, object, text } from '../protocol/codec.ts';
import { agentRecord, type SocketPath } from '../protocol/socket-path.ts';

const record = object({ pid: number, started: text, boot: text, namespace: text, host: text });

/** Says that this process is the agent. Where that cannot be written down the agent serves all the same. */
export function recordAgent(path: SocketPath): void {
  try {
    writeFileAtomic(agentRecord(path), `${JSON.stringify(thisProcess())}\n`);
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
  }
}

function read(path: SocketPath): ProcessIdentity | undefined {
  try {
    return decode(record, JSON.parse(readSmallFile(agentRecord(path)) ?? ''), 'record');
  } catch {
    return undefined;
  }
}

/**
 * The agent's process, if it lives and is beyond doubt the one that wrote the record: its number alone could be another
 * process's by now, so the moment it started must be the same too.
 */
export function recordedAgent(path: SocketPath): ProcessIdentity | undefined {
  const identity = read(path);
  return identity?.started !== '' && identity !== undefined && livenessOf(identity) === 'alive' ? identity : undefined;
}
