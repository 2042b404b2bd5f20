import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags } from '../../../cli/command/flags.ts';
import { agentStartJson, presentAgentStart } from '../../../cli/present/agent/agent.ts';
import { agentStart } from '../../../services/beamd/agent.ts';

export default class AgentStart extends BaseCommand {
  static override summary = 'Start the agent of an account';
  static override description = 'Not needed: the agent starts by itself when a command wants a token.';
  static override examples = ['<%= config.bin %> agent start'];
  static override flags = accountFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(AgentStart);
    const result = await agentStart(await this.context(), flags);
    this.respond(agentStartJson(result), (style) => presentAgentStart(result, style));
  }
}
