import { BaseCommand } from '../../cli/command/base-command.ts';
import { presentVerified, verifyJson } from '../../cli/present/runbeam/session.ts';
import { EXIT_CODES } from '../../errors.ts';
import { verify } from '../../services/runbeam/verify.ts';

export default class Verify extends BaseCommand {
  static override summary = 'Check the stored session: valid, rejected, or unverified';
  static override description =
    'A JWT is checked against the keys of its issuer, an opaque token by asking Runbeam Cloud. ' +
    'Exit code 4 means rejected, 5 that it could not be checked.';
  static override examples = ['<%= config.bin %> verify', '<%= config.bin %> verify --json'];

  async run(): Promise<void> {
    await this.parse(Verify);
    const context = await this.context();
    const result = await verify(context);
    this.respond(verifyJson(result), (style) => presentVerified(result, style, context.clock.now()));
    if (result.status === 'rejected') this.exitWith(EXIT_CODES.token_rejected);
    if (result.status === 'unverified') this.exitWith(EXIT_CODES.network);
  }
}
