import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags, passphraseFlag } from '../../../cli/command/flags.ts';
import { agentLockJson, presentAgentLock } from '../../../cli/present/lock.ts';
import { unlockAccount } from '../../../services/agents/passphrase.ts';

export default class AgentUnlock extends BaseCommand {
  static override summary = 'Unlock an account with its passphrase';
  static override description = 'After three wrong passphrases each further one doubles the wait, to fifteen minutes.';
  static override examples = ['<%= config.bin %> agent unlock', '<%= config.bin %> agent unlock --passphrase-file -'];
  static override flags = { ...accountFlags, ...passphraseFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(AgentUnlock);
    const input = { ...flags, passphraseFile: flags['passphrase-file'] };
    const context = await this.context();
    const result = await unlockAccount(context, input);
    this.respond(agentLockJson(result), (style) => presentAgentLock(result, style, context.clock.now()));
  }
}
