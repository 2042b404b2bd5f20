import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags } from '../../../cli/command/flags.ts';
import { agentStatusJson, presentAgentStatus } from '../../../cli/present/agent/agent.ts';
import { agentStatus } from '../../../services/beamd/agent.ts';

export default class AgentStatus extends BaseCommand {
  static override summary = 'Show whether the agent of an account is running';
  static override description = 'Starts no agent.';
  static override examples = ['<%= config.bin %> agent status', '<%= config.bin %> agent status --json'];
  static override flags = accountFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(AgentStatus);
    const context = await this.context();
    const result = await agentStatus(context, flags);
    this.respond(agentStatusJson(result), (style) => presentAgentStatus(result, style, context.clock.now()));
  }
}
