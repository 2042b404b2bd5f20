/** `beamd agent env`: lines that a shell evaluates. */
import type { EnvResult } from '../../../services/beamd/agent.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import type { AgentEnvJson } from '../../json/agent.ts';

/** The shells that lines are written for; `sh` is what bash, zsh and their like take, too. */
export const SHELLS = ['sh', 'fish', 'powershell'] as const;

export type Shell = (typeof SHELLS)[number];

export function agentEnvJson({ server, name, socket }: EnvResult): AgentEnvJson {
  return omitUndefined({ server, account: name, socket });
}

/**
 * The path as it is, whatever is in it: what is evaluated must be one word, and the right one. So it is quoted by the rules of each
 * shell, and never made printable.
 */
export function presentAgentEnv({ socket }: Pick<EnvResult, 'socket'>, shell: Shell): string {
  switch (shell) {
    case 'sh':
      return `export BEAMD_AGENT_SOCK='${socket.replaceAll("'", `'\\''`)}'`;
    case 'fish':
      return `set -gx BEAMD_AGENT_SOCK '${socket.replaceAll(/[\\']/g, (mark) => `\\${mark}`)}'`;
    case 'powershell':
      return `$env:BEAMD_AGENT_SOCK = '${socket.replaceAll(/['\u2018-\u201b]/g, (mark) => mark + mark)}'`;
  }
}
