import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags, passphraseFlag } from '../../../cli/command/flags.ts';
import { agentLockJson, presentAgentLock } from '../../../cli/present/lock.ts';
import { lockAsAsked } from '../../../services/agents/auto-lock.ts';

export default class AgentLock extends BaseCommand {
  static override summary = 'Lock an account with a passphrase';
  static override description =
    'The session is sealed with the passphrase, in the file and for the agent: nothing gives a token until ' +
    '`beamd agent unlock`. A forgotten passphrase costs the session: log in again. With --after or --on-suspend the account is ' +
    'locked later, by the agent, and again after each unlock; the passphrase is asked for once, the first time, and stays.';
  static override examples = [
    '<%= config.bin %> agent lock',
    '<%= config.bin %> agent lock --passphrase-file -',
    '<%= config.bin %> agent lock --after 8h --on-suspend',
    '<%= config.bin %> agent lock --never',
    '<%= config.bin %> agent lock --confirm',
  ];
  static override flags = {
    ...accountFlags,
    ...passphraseFlag,
    'after': Flags.string({ helpValue: 'SPAN', summary: 'Lock it so long after now and after each unlock, as 30m, 8h or 2d' }),
    'on-suspend': Flags.boolean({ default: false, summary: 'Lock it when this machine wakes up' }),
    'never': Flags.boolean({
      default: false,
      summary: 'Lock it by itself no more',
      exclusive: ['after', 'on-suspend', 'passphrase-file'],
    }),
    'confirm': Flags.boolean({
      allowNo: true,
      summary: 'Do not lock it: ask the program that `confirm` in ~/.beamd/config names before each use, or ask no more',
      exclusive: ['after', 'on-suspend', 'never', 'passphrase-file'],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AgentLock);
    const input = { ...flags, passphraseFile: flags['passphrase-file'], onSuspend: flags['on-suspend'] };
    const context = await this.context();
    const result = await lockAsAsked(context, input);
    this.respond(agentLockJson(result), (style) => presentAgentLock(result, style, context.clock.now()));
  }
}
