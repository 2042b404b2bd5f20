import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags } from '../../../cli/command/flags.ts';
import { agentStopJson, presentAgentStop } from '../../../cli/present/agent/agent.ts';
import { agentStop } from '../../../services/beamd/agent.ts';

export default class AgentStop extends BaseCommand {
  static override summary = 'Stop the agent of an account';
  static override description = 'Calls under way are answered first. The session stays; the next command starts a new agent.';
  static override examples = ['<%= config.bin %> agent stop', '<%= config.bin %> agent stop --server edge.example.com'];
  static override flags = accountFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(AgentStop);
    const result = await agentStop(await this.context(), flags);
    this.respond(agentStopJson(result), (style) => presentAgentStop(result, style));
  }
}
