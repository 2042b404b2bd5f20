import { BaseCommand } from '../../cli/command/base-command.ts';
import {
  caFlags,
  refuseConfig,
  refusedConfigFlag,
  screenFlags,
  storageFlags,
  tokenFlags,
  twoStepFlags,
} from '../../cli/command/flags.ts';
import { caInput, loginContext, tellNextSteps, tokenSource } from '../../cli/command/login.ts';
import { begunLoginJson, presentBegunLogin } from '../../cli/present/login/login.ts';
import { presentRunbeamLogin, RUNBEAM_STEPS, runbeamLoginJson } from '../../cli/present/runbeam/session.ts';
import { beginRunbeamLogin, resumeRunbeamLogin, runbeamLogin } from '../../services/runbeam/session.ts';

export default class Login extends BaseCommand {
  static override summary = 'Log in to Runbeam Cloud in a browser, or with a token';
  static override description =
    'Shows a URL to approve in a browser. A token, a JWT or a Sanctum token, is checked and stored in its place: ' +
    'a JWT only if it can be verified. ' +
    'Runbeam Cloud is found by RUNBEAM_API_URL, else config:set api-url, else https://api.runbeam.io.';
  static override examples = [
    '<%= config.bin %> login',
    '<%= config.bin %> login --no-browser',
    '<%= config.bin %> login --token-file token.txt',
    '<%= config.bin %> login --ca-file ca.pem',
    '<%= config.bin %> login --no-wait --json',
    '<%= config.bin %> login --resume 0123456789abcdef',
  ];
  static override flags = {
    ...refusedConfigFlag,
    ...storageFlags,
    ...screenFlags,
    ...tokenFlags,
    ...caFlags,
    ...twoStepFlags(['token', 'token-file', 'replace'], Object.keys({ ...tokenFlags, ...caFlags })),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Login);
    refuseConfig(flags, 'runbeam login');
    const context = await loginContext(this.output, flags);
    if (flags['no-wait']) {
      const begun = await beginRunbeamLogin(context, caInput(flags));
      this.respond(begunLoginJson(begun), (style) => presentBegunLogin(begun, style, context.clock.now()));
      return;
    }
    const input = { ...flags, ...caInput(flags), token: tokenSource(flags) };
    const result = await (flags.resume === undefined ? runbeamLogin(context, input) : resumeRunbeamLogin(context, flags.resume));
    this.respond(runbeamLoginJson(result), (style) => presentRunbeamLogin(result, style, context.clock.now()));
    if (!flags.json) await tellNextSteps(this.output, () => RUNBEAM_STEPS);
  }
}
