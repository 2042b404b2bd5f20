import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { nameArg, selectorFlags } from '../../../cli/command/flags.ts';
import { presentRevoked, revokeJson } from '../../../cli/present/runbeam/tokens.ts';
import { revokeTokens } from '../../../services/runbeam/tokens/revoke.ts';

export default class HarmonyRevoke extends BaseCommand {
  static override summary = 'Delete the machine token of a gateway here';
  static override description =
    'Runbeam Cloud has no call that ends a machine token: at the cloud and at the gateway it lives until it expires, and this ' +
    'says until when.';
  static override examples = ['<%= config.bin %> harmony:revoke my-label'];
  static override args = nameArg;
  static override flags = {
    ...selectorFlags,
    yes: Flags.boolean({ char: 'y', default: false, summary: 'Do not ask' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyRevoke);
    const context = await this.context();
    const revoked = await revokeTokens(context, { ...flags, ...args });
    this.respond(revokeJson(revoked), (style) => presentRevoked(revoked, style, context.clock.now()));
  }
}
