import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags, pagerFlag, refuseConfig } from '../../cli/command/flags.ts';
import { accountsJson, presentAccounts } from '../../cli/present/accounts.ts';
import { edgeAccounts } from '../../services/beamd/accounts.ts';

export default class Accounts extends BaseCommand {
  static override summary = 'List the edges you are logged in to';
  static override description =
    '* marks the current one. Until when a session is valid is known while its agent runs; when a login was last used is noted to about a minute.';
  static override examples = ['<%= config.bin %> accounts', '<%= config.bin %> accounts --json'];
  static override flags = { ...accountFlags, ...pagerFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(Accounts);
    refuseConfig(flags, 'beamd accounts');
    const context = await this.context();
    const result = await edgeAccounts(context, flags);
    const now = context.clock.now();
    await this.respondAtLength(accountsJson(result), (style) => presentAccounts(result, style, now), !flags['no-pager']);
  }
}
