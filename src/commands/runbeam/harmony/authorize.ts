import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { selectorFlags } from '../../../cli/command/flags.ts';
import { authorizeJson, presentAuthorized } from '../../../cli/present/runbeam/authorize.ts';
import { EXIT_CODES } from '../../../errors.ts';
import { authorize } from '../../../services/runbeam/authorize.ts';

export default class HarmonyAuthorize extends BaseCommand {
  static override summary = 'Authorize a Harmony instance with Runbeam Cloud';
  static override description =
    'Runbeam Cloud issues a 30-day machine token, which is delivered to the gateway with the key it is stored under. ' +
    'A token that cannot be delivered is kept: the exit code is 7, and --retry delivers it.';
  static override examples = [
    '<%= config.bin %> harmony:authorize -l my-label',
    '<%= config.bin %> harmony:authorize --id 1a2b3c4d',
    '<%= config.bin %> harmony:authorize -l my-label --update',
    '<%= config.bin %> harmony:authorize -l my-label -y',
  ];
  static override flags = {
    ...selectorFlags,
    update: Flags.boolean({ default: false, summary: 'Upload the configuration afterwards, without asking' }),
    yes: Flags.boolean({ char: 'y', default: false, summary: 'Ask nothing; without --update nothing is uploaded' }),
    retry: Flags.boolean({ default: false, summary: 'Deliver the token that an earlier authorization could not deliver' }),
    via: Flags.option({
      options: ['cloud', 'harmony'] as const,
      default: 'cloud' as const,
      summary: 'Who asks Runbeam Cloud: this command, or the gateway with your session',
    })(),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyAuthorize);
    const outcome = await authorize(await this.context(), flags);
    this.respond(authorizeJson(outcome), (style) => presentAuthorized(outcome, style));
    if (!outcome.result.delivered) this.exitWith(EXIT_CODES.not_delivered);
    else if (outcome.upload.status === 'failed') this.exitWith(EXIT_CODES[outcome.upload.problem.code]);
  }
}
