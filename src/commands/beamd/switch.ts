import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags, refuseConfig } from '../../cli/command/flags.ts';
import { presentSwitch, switchJson } from '../../cli/present/accounts.ts';
import { BeamError } from '../../errors.ts';
import { switchAccount } from '../../services/beamd/accounts.ts';

export default class Switch extends BaseCommand {
  static override summary = 'Make another account the current one';
  static override examples = [
    '<%= config.bin %> switch edge.example.com',
    '<%= config.bin %> switch edge.example.com --account work',
  ];
  static override args = {
    server: Args.string({ ignoreStdin: true, name: 'SERVER', description: 'An edge you are logged in to' }),
  };
  static override flags = accountFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Switch);
    refuseConfig(flags, 'beamd switch');
    const server = args.server ?? flags.server;
    if (server === undefined) throw new BeamError('usage', 'Which server?', { hint: { command: 'beamd switch SERVER' } });
    const result = await switchAccount(await this.context(), { server, account: flags.account });
    this.respond(switchJson(result), (style) => presentSwitch(result, style));
  }
}
