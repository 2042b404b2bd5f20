import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags, passphraseFlag } from '../../../cli/command/flags.ts';
import { agentLockJson, presentAgentLock } from '../../../cli/present/agent/agent.ts';
import { lockAccount } from '../../../services/beamd/passphrase.ts';

export default class AgentLock extends BaseCommand {
  static override summary = 'Lock an account with a passphrase';
  static override description =
    'The session is sealed with the passphrase, in the file and for the agent: nothing gives a token until ' +
    '`beamd agent unlock`. A forgotten passphrase costs the session: log in again.';
  static override examples = ['<%= config.bin %> agent lock', '<%= config.bin %> agent lock --passphrase-file -'];
  static override flags = { ...accountFlags, ...passphraseFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(AgentLock);
    const input = { ...flags, passphraseFile: flags['passphrase-file'] };
    const result = await lockAccount(await this.context(), input);
    this.respond(agentLockJson(result), (style) => presentAgentLock(result, style));
  }
}
