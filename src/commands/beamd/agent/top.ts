import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags, refuseConfig } from '../../../cli/command/flags.ts';
import { follow, jsonLine } from '../../../cli/command/live/follow.ts';
import { screenWidth, showScreen } from '../../../cli/command/live/top.ts';
import { agentTopJson, presentAgentTop } from '../../../cli/present/agent/top.ts';
import { hasScreen } from '../../../cli/terminal/screen.ts';
import { seeAgents, watchAgents, type Seen } from '../../../services/agents/activity.ts';

export default class AgentTop extends BaseCommand {
  static override summary = 'Show what the agents of all accounts do';
  static override description =
    'A line of time for each session, calls by method, and clients by what they say of themselves, which nobody can prove. ' +
    'On a terminal it goes on until q or Ctrl-C; elsewhere, with --once and with --json it looks once.';
  static override examples = ['<%= config.bin %> agent top', '<%= config.bin %> agent top --once'];
  static override flags = {
    ...accountFlags,
    once: Flags.boolean({ summary: 'Look once, on a terminal too' }),
    interval: Flags.integer({ helpValue: 'SECONDS', default: 2, min: 1, max: 3600, summary: 'Seconds between two looks' }),
    jsonl: Flags.boolean({ exclusive: ['json', 'once'], summary: 'Go on, and print each look as a JSON value on a line' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AgentTop);
    refuseConfig(flags, 'beamd agent top');
    const context = await this.context();
    const { accounts, agents, clock } = context;
    const watch = (signal = context.signal): AsyncIterable<Seen> =>
      watchAgents({ accounts, agents, clock, signal }, flags, flags.interval);
    if (flags.jsonl) this.exitWith(await follow(watch(), (seen) => jsonLine(agentTopJson(seen)), this.output, context.signal));
    else if (!flags.once && !this.wantsJson && hasScreen(context.env)) {
      this.exitWith(await showScreen(watch, this.output, context.signal));
    } else {
      const seen = await seeAgents(context, flags);
      this.respond(agentTopJson(seen), (style) => presentAgentTop(seen, style, screenWidth()));
    }
  }
}
