import { BaseCommand } from '../../cli/command/base-command.ts';
import { refuseConfig, refusedConfigFlag, screenFlags, storageFlags } from '../../cli/command/flags.ts';
import { loginContext, tellNextSteps } from '../../cli/command/login.ts';
import { presentRunbeamLogin, RUNBEAM_STEPS, runbeamLoginJson } from '../../cli/present/runbeam/session.ts';
import { runbeamLogin } from '../../services/runbeam/session.ts';

export default class Login extends BaseCommand {
  static override summary = 'Log in to Runbeam Cloud in a browser';
  static override description =
    'Shows a URL to approve in a browser. ' +
    'Runbeam Cloud is found by RUNBEAM_API_URL, else config:set api-url, else https://api.runbeam.io.';
  static override examples = ['<%= config.bin %> login', '<%= config.bin %> login --no-browser'];
  static override flags = {
    ...refusedConfigFlag,
    ...storageFlags,
    ...screenFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Login);
    refuseConfig(flags, 'runbeam login');
    const context = await loginContext(this.output, flags);
    const result = await runbeamLogin(context, flags);
    this.respond(runbeamLoginJson(result), (style) => presentRunbeamLogin(result, style, context.clock.now()));
    if (!flags.json) tellNextSteps(this.output, RUNBEAM_STEPS);
  }
}
