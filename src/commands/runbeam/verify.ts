import { BaseCommand } from '../../cli/command/base-command.ts';
import { actingFlags } from '../../cli/command/flags.ts';
import { presentVerified, verifyJson } from '../../cli/present/runbeam/session.ts';
import { EXIT_CODES } from '../../errors.ts';
import { verify } from '../../services/runbeam/verify.ts';

export default class Verify extends BaseCommand {
  static override summary = 'Check the token that runbeam acts with: valid, rejected, or unverified';
  static override description =
    'A JWT is checked against the keys of its issuer, an opaque token by asking Runbeam Cloud. ' +
    'Exit code 4 means rejected, 5 that it could not be checked.';
  static override examples = ['<%= config.bin %> verify', '<%= config.bin %> verify --config ci.yaml'];
  static override flags = actingFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Verify);
    const context = await this.context();
    const result = await verify(context, flags);
    this.respond(verifyJson(result), (style) => presentVerified(result, style, context.clock.now()));
    if (result.status === 'rejected') this.exitWith(EXIT_CODES.token_rejected);
    if (result.status === 'unverified') this.exitWith(EXIT_CODES.network);
  }
}
