import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags } from '../../../cli/command/flags.ts';
import { agentStatusJson, allAgentsJson, presentAgentStatus, presentAllAgents } from '../../../cli/present/agent/agent.ts';
import { agentStatus, allAgents } from '../../../services/beamd/agent.ts';

export default class AgentStatus extends BaseCommand {
  static override summary = 'Show whether the agent of an account is running';
  static override description = 'Starts no agent.';
  static override examples = [
    '<%= config.bin %> agent status',
    '<%= config.bin %> agent status --all',
    '<%= config.bin %> agent status --json',
  ];
  static override flags = {
    ...accountFlags,
    all: Flags.boolean({
      default: false,
      exclusive: ['server', 'account', 'scope', 'config'],
      summary: 'Show the agents of all accounts, that of runbeam too',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AgentStatus);
    const context = await this.context();
    if (flags.all) {
      const agents = await allAgents(context);
      this.respond(allAgentsJson(agents), (style) => presentAllAgents(agents, style, context.clock.now()));
    } else {
      const result = await agentStatus(context, flags);
      this.respond(agentStatusJson(result), (style) => presentAgentStatus(result, style, context.clock.now()));
    }
  }
}
