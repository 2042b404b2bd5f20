import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags } from '../../../cli/command/flags.ts';
import { follow, jsonLine, refuseJson } from '../../../cli/command/live/follow.ts';
import { agentLogJson, agentLogLinesJson, presentAgentLog } from '../../../cli/present/agent/agent.ts';
import { followAgentLog, readAgentLog, type AgentLogResult } from '../../../services/agents/log.ts';

export default class AgentLog extends BaseCommand {
  static override summary = "Show the end of the agent's log";
  static override description = 'The log holds no secrets. It has two files of 256 KiB at most.';
  static override examples = [
    '<%= config.bin %> agent log',
    '<%= config.bin %> agent log --since 2h',
    '<%= config.bin %> agent log --follow --jsonl',
  ];
  static override flags = {
    ...accountFlags,
    follow: Flags.boolean({ char: 'f', summary: 'Go on with what the agent writes, until Ctrl-C' }),
    lines: Flags.integer({
      char: 'n',
      helpValue: 'N',
      min: 1,
      summary: 'How many lines at first (else 100, and with --since all)',
    }),
    since: Flags.string({ helpValue: 'TIME', summary: 'Only what is as new as this: 30m, 2h, 3d, or a time' }),
    jsonl: Flags.boolean({ exclusive: ['json'], summary: 'Print each line as a JSON value of its own' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AgentLog);
    if (flags.follow) refuseJson(this.wantsJson, 'beamd agent log --follow');
    const context = await this.context();
    const text = (result: AgentLogResult): string =>
      flags.jsonl ? agentLogLinesJson(result).map(jsonLine).join('\n') : presentAgentLog(result, this.output.style);
    if (flags.follow) this.exitWith(await follow(followAgentLog(context, flags), text, this.output, context.signal));
    else {
      const result = await readAgentLog(context, flags);
      this.respond(agentLogJson(result), () => text(result));
    }
  }
}
