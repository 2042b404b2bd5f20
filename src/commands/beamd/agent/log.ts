import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags } from '../../../cli/command/flags.ts';
import { agentLogJson, presentAgentLog } from '../../../cli/present/agent.ts';
import { readAgentLog } from '../../../services/beamd/agent.ts';

export default class AgentLog extends BaseCommand {
  static override summary = "Show the end of the agent's log";
  static override description = 'The log holds no secrets.';
  static override examples = ['<%= config.bin %> agent log', '<%= config.bin %> agent log --lines 20'];
  static override flags = {
    ...accountFlags,
    lines: Flags.integer({ char: 'n', default: 100, min: 1, summary: 'How many lines' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AgentLog);
    const result = await readAgentLog(await this.context(), flags);
    this.respond(agentLogJson(result), () => presentAgentLog(result));
  }
}
