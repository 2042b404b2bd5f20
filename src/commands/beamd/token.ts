import * as Flags from '@oclif/core/flags';
import { ownWords } from '../../cli/routing/argv.ts';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags } from '../../cli/command/flags.ts';
import { commandAfter, minTtlFlag, otherTokenFlags, outFlags, wishesOf } from '../../cli/command/token.ts';
import { exportLines, tokenJson, tokenText } from '../../cli/present/token.ts';
import { grantVariables, token } from '../../services/token/token.ts';

export default class Token extends BaseCommand {
  static override summary = 'Print a fresh access token';
  static override description =
    'Starts the agent if need be. Never opens a browser: exit code 4 says that a login is needed. ' +
    'All who ask for another token at once share one refresh, and there is one in half a minute at most. ' +
    'What --header, --export and --out leave is no JSON value: they go without --json.';
  static override usage = 'token [FLAGS] [--exec -- COMMAND...]';
  static override examples = [
    '<%= config.bin %> token',
    'curl -H "$(<%= config.bin %> token --header)" https://edge.example.com/',
    'eval "$(<%= config.bin %> token --export --min-ttl 10m)"',
    'printf %s "$TOKEN" | <%= config.bin %> token --rejected -',
    '<%= config.bin %> token --out /run/app/token --watch --signal HUP:1234',
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
    ...outFlags,
  };

  async run(): Promise<void> {
    // First: the parser forgets what it was not given.
    const { argv } = this;
    const { flags } = await this.parse(Token, [...ownWords(argv)]);
    const command = commandAfter(argv, flags.exec);
    const context = await this.context();
    const wishes = await wishesOf(context, flags);
    const format = tokenText(flags.header);
    if (flags.out !== undefined) {
      const { writeToken, watchToken } = await import('../../services/token/keep-file.ts');
      const file = { path: flags.out, mode: flags.mode, group: flags.group };
      const tell = flags.signal === undefined ? undefined : { signal: flags.signal };
      const input = { ...flags, file, wishes, format, tell: flags.exec ? { command } : tell };
      await (flags.watch ? watchToken(context, input) : writeToken(context, input));
      return;
    }
    const grant = await token(context, flags, wishes);
    // As it is: no line of it may be folded to the width of a terminal.
    if (this.wantsJson) this.respond(tokenJson(grant), () => '');
    else this.output.result(flags.export ? exportLines(grantVariables(grant)) : format(grant));
  }
}
