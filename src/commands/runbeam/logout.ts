import { BaseCommand } from '../../cli/command/base-command.ts';
import { logoutJson, presentLogout } from '../../cli/present/runbeam/session.ts';
import { runbeamLogout } from '../../services/runbeam/session.ts';

export default class Logout extends BaseCommand {
  static override summary = 'End the session with Runbeam Cloud';
  static override examples = ['<%= config.bin %> logout'];

  async run(): Promise<void> {
    await this.parse(Logout);
    const result = await runbeamLogout(await this.context());
    this.respond(logoutJson(result), (style) => presentLogout(result, style));
  }
}
