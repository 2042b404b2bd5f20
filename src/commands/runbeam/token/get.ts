import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { actingFlags } from '../../../cli/command/flags.ts';
import { presentToken } from '../../../cli/present/runbeam/authorize.ts';
import { machineTokenJson } from '../../../store/instances/machine-token.ts';
import { machineToken } from '../../../services/runbeam/token.ts';
import { printableJson } from '../../../text.ts';

export default class TokenGet extends BaseCommand {
  static override summary = 'Get a machine token for a gateway';
  static override description =
    'A stored token that is still valid is used; otherwise Runbeam Cloud issues one, which is stored with the gateway. ' +
    'Only --raw and --json print it. For a code that no gateway here has, --new asks for one and prints it.';
  static override examples = [
    '<%= config.bin %> token:get -g my-gateway',
    'export RUNBEAM_MACHINE_TOKEN=$(<%= config.bin %> token:get -g my-gateway --raw)',
    '<%= config.bin %> token:get -g new-code --new --raw',
  ];
  static override flags = {
    ...actingFlags,
    gateway: Flags.string({
      char: 'g',
      aliases: ['gateway-code'],
      helpValue: 'CODE',
      required: true,
      summary: 'Gateway code, or the label or id of a gateway here',
    }),
    raw: Flags.boolean({ default: false, summary: 'Print the one-line JSON that RUNBEAM_MACHINE_TOKEN takes' }),
    new: Flags.boolean({ default: false, summary: 'Ask for a new token, also for a code that is new here' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(TokenGet);
    const context = await this.context();
    const found = await machineToken(context, { ...flags, fresh: flags.new });
    const onlyCopy = !found.kept && !this.wantsJson;
    if (flags.raw || onlyCopy) this.output.result(printableJson(JSON.stringify(machineTokenJson(found.token))));
    else this.respond(machineTokenJson(found.token), (style) => presentToken(found, style, context.clock.now()));
  }
}
