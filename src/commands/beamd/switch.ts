import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags, refuseConfig } from '../../cli/command/flags.ts';
import { presentSwitch, switchJson } from '../../cli/present/accounts.ts';
import { switchAccount } from '../../services/beamd/switch.ts';

export default class Switch extends BaseCommand {
  static override summary = 'Make another account the current one';
  static override description = 'Without SERVER you choose on the terminal; - is the account that was current before.';
  static override examples = [
    '<%= config.bin %> switch',
    '<%= config.bin %> switch edge.example.com',
    '<%= config.bin %> switch edge.example.com --account work',
    '<%= config.bin %> switch -',
  ];
  static override args = {
    server: Args.string({ ignoreStdin: true, name: 'SERVER', description: 'An edge you are logged in to, or -' }),
  };
  static override flags = accountFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Switch);
    refuseConfig(flags, 'beamd switch');
    const server = args.server ?? flags.server;
    const result = await switchAccount(await this.context(), { server, account: flags.account });
    this.respond(switchJson(result), (style) => presentSwitch(result, style));
  }
}
