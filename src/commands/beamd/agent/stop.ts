import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags } from '../../../cli/command/flags.ts';
import { agentStopJson, allStoppedJson, presentAgentStop, presentAllStopped } from '../../../cli/present/agent/agent.ts';
import { agentStop, stopAllAgents } from '../../../services/beamd/agent.ts';

export default class AgentStop extends BaseCommand {
  static override summary = 'Stop the agent of an account';
  static override description = 'Calls under way are answered first. The session stays; the next command starts a new agent.';
  static override examples = [
    '<%= config.bin %> agent stop',
    '<%= config.bin %> agent stop --server edge.example.com',
    '<%= config.bin %> agent stop --all',
  ];
  static override flags = {
    ...accountFlags,
    all: Flags.boolean({
      default: false,
      exclusive: ['server', 'account', 'scope', 'config'],
      summary: 'Stop the agents of all accounts, that of runbeam too',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AgentStop);
    const context = await this.context();
    if (flags.all) {
      const result = await stopAllAgents(context);
      this.respond(allStoppedJson(result), (style) => presentAllStopped(result, style));
      this.exitWith(result.exitCode);
    } else {
      const result = await agentStop(context, flags);
      this.respond(agentStopJson(result), (style) => presentAgentStop(result, style));
    }
  }
}
