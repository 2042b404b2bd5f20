import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags } from '../../cli/command/flags.ts';
import { tokenJson } from '../../cli/present/project.ts';
import { token } from '../../services/beamd/token.ts';

export default class Token extends BaseCommand {
  static override summary = 'Print a fresh access token';
  static override description = 'Starts the agent if need be. Never opens a browser: exit code 4 says that a login is needed.';
  static override examples = [
    '<%= config.bin %> token',
    'curl -H "Authorization: Bearer $(<%= config.bin %> token)" https://edge.example.com/',
  ];
  static override flags = accountFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Token);
    const grant = await token(await this.context(), flags);
    this.respond(tokenJson(grant), () => grant.accessToken.reveal());
  }
}
