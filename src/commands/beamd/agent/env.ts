import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags } from '../../../cli/command/flags.ts';
import { agentEnvJson, presentAgentEnv, SHELLS } from '../../../cli/present/agent/env.ts';
import { agentEnv } from '../../../services/beamd/agent.ts';

export default class AgentEnv extends BaseCommand {
  static override summary = "Print the line that tells programs where an account's agent listens";
  static override description =
    'BEAMD_AGENT_SOCK is the path of its socket, wherever that is. The agent is started if need be; the path stays the same when it ' +
    'is replaced. The socket speaks HTTP: curl --unix-socket "$BEAMD_AGENT_SOCK" http://agent/v1/token. ' +
    'Pins, BEAMD_SCOPE and --scope do not count there: ?scope=ORG chooses the org. Never forward it to another ' +
    'machine: it can do all that you can. For that there is agent forward.';
  static override examples = [
    'eval "$(<%= config.bin %> agent env)"',
    '<%= config.bin %> agent env --server edge.example.com --shell fish | source',
  ];
  static override flags = {
    ...accountFlags,
    shell: Flags.option({ options: SHELLS, default: 'sh' as const, helpValue: 'SHELL', summary: 'Whose syntax the line has' })(),
    start: Flags.boolean({ allowNo: true, default: true, summary: 'Start the agent if it does not run' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AgentEnv);
    const result = await agentEnv(await this.context(), flags);
    if (this.wantsJson) this.respond(agentEnvJson(result), () => '');
    // In one line, however narrow the terminal is.
    else this.output.result(presentAgentEnv(result, flags.shell));
  }
}
