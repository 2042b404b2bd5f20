import { BaseCommand } from '../../cli/command/base-command.ts';
import { refuseConfig, refusedConfigFlag } from '../../cli/command/flags.ts';
import { presentRunbeamLogout, runbeamLogoutJson } from '../../cli/present/runbeam/session.ts';
import { runbeamLogout } from '../../services/runbeam/session.ts';

export default class Logout extends BaseCommand {
  static override summary = 'End the session with Runbeam Cloud';
  static override examples = ['<%= config.bin %> logout'];
  static override flags = refusedConfigFlag;

  async run(): Promise<void> {
    const { flags } = await this.parse(Logout);
    refuseConfig(flags, 'runbeam logout');
    const context = await this.context();
    const result = await runbeamLogout(context);
    this.respond(runbeamLogoutJson(result), (style) => presentRunbeamLogout(result, style, context.clock.now()));
  }
}
