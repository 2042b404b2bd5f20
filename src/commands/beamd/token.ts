import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags } from '../../cli/command/flags.ts';
import { minTtlFlag, otherTokenFlags, wishesOf } from '../../cli/command/token.ts';
import { exportLines, tokenJson } from '../../cli/present/token.ts';
import { grantVariables, token } from '../../services/token/token.ts';

export default class Token extends BaseCommand {
  static override summary = 'Print a fresh access token';
  static override description =
    'Starts the agent if need be. Never opens a browser: exit code 4 says that a login is needed. ' +
    'All who ask for another token at once share one refresh, and there is one in half a minute at most.';
  static override examples = [
    '<%= config.bin %> token',
    'curl -H "$(<%= config.bin %> token --header)" https://edge.example.com/',
    'eval "$(<%= config.bin %> token --export --min-ttl 10m)"',
    'printf %s "$TOKEN" | <%= config.bin %> token --rejected -',
  ];
  static override flags = {
    ...accountFlags,
    ...minTtlFlag,
    ...otherTokenFlags,
    header: Flags.boolean({
      default: false,
      summary: 'Print it as a header: Authorization: Bearer …',
      exclusive: ['export', 'json'],
    }),
    export: Flags.boolean({
      default: false,
      summary: 'Print what a shell evaluates: the variables that exec sets',
      exclusive: ['header', 'json'],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Token);
    const context = await this.context();
    const grant = await token(context, flags, await wishesOf(context, flags));
    // As it is: no line of it may be folded to the width of a terminal.
    if (flags.export) this.output.result(exportLines(grantVariables(grant)));
    else if (flags.header) this.output.result(`Authorization: Bearer ${grant.accessToken.reveal()}`);
    else this.respond(tokenJson(grant), () => grant.accessToken.reveal());
  }
}
