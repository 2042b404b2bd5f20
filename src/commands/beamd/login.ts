import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/command/base-command.ts';
import {
  accountFlags,
  caFlags,
  refuseConfig,
  screenFlags,
  storageFlags,
  tokenFlags,
  twoStepFlags,
} from '../../cli/command/flags.ts';
import { caInput, loginContext, tellNextSteps, tokenSource } from '../../cli/command/login.ts';
import { begunLoginJson, loginJson, loginSteps, presentBegunLogin, presentLogin } from '../../cli/present/login/login.ts';
import { resumeDeviceLogin } from '../../services/login/device.ts';
import { pinnedFor } from '../../services/target/settings.ts';
import { beginDeviceLogin, login } from '../../services/login/login.ts';

export default class Login extends BaseCommand {
  static override summary = 'Log in to an edge';
  static override description =
    'Shows a URL and a code to approve in a browser. A self-hosted edge has no device login: give its token instead. ' +
    'Without --server it asks BEAMD_SERVER, then BEAMD_DEFAULT_HOST, then beamd.ai; in a project that uses a server, say which.';
  static override examples = [
    '<%= config.bin %> login',
    '<%= config.bin %> login --server edge.example.com --scope acme',
    '<%= config.bin %> login --server edge.example.com --issuer https://sso.example.com/realms/main',
    '<%= config.bin %> login --server edge.example.com --account work',
    '<%= config.bin %> login --server edge.mycompany.com --token -',
    '<%= config.bin %> login --server edge.mycompany.com --token-file token.txt',
    '<%= config.bin %> login --server edge.mycompany.com --ca-file ca.pem',
    '<%= config.bin %> login --no-wait --json',
    '<%= config.bin %> login --resume 0123456789abcdef',
  ];
  static override flags = {
    ...accountFlags,
    ...storageFlags,
    ...screenFlags,
    ...tokenFlags,
    ...caFlags,
    'insecure': Flags.boolean({
      default: false,
      summary: 'Accept any TLS certificate of this server, from now on',
      exclusive: ['ca-file'],
    }),
    'issuer': Flags.string({
      helpValue: 'URL',
      summary: 'OpenID or OAuth issuer of this server, where it has a path or a host of its own',
      exclusive: ['token', 'token-file'],
    }),
    'client-id': Flags.string({ helpValue: 'ID', summary: 'OAuth client to log in as' }),
    ...twoStepFlags(
      ['token', 'token-file', 'replace'],
      [...Object.keys({ ...accountFlags, ...tokenFlags, ...caFlags }), 'insecure', 'issuer', 'client-id'],
    ),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Login);
    refuseConfig(flags, 'beamd login');
    const input = { ...flags, ...caInput(flags), token: tokenSource(flags), clientId: flags['client-id'] };
    const context = await loginContext(this.output, flags);
    if (flags['no-wait']) {
      const begun = await beginDeviceLogin(context, input);
      this.respond(begunLoginJson(begun), (style) => presentBegunLogin(begun, style, context.clock.now()));
      return;
    }
    const result = await (flags.resume === undefined ? login(context, input) : resumeDeviceLogin(context, flags.resume));
    this.respond(loginJson(result), (style) => presentLogin(result, style));
    if (!flags.json) await tellNextSteps(this.output, async () => loginSteps(result, await pinnedFor(context, result.account)));
  }
}
