import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags } from '../../cli/command/flags.ts';
import { defaultJson, presentDefault } from '../../cli/present/orgs.ts';
import { defaultScope } from '../../services/beamd/default.ts';

export default class Default extends BaseCommand {
  static override summary = 'Show or set the org that is used when nothing else chooses one';
  static override examples = ['<%= config.bin %> default', '<%= config.bin %> default acme'];
  static override args = {
    org: Args.string({ ignoreStdin: true, name: 'ORG', description: 'The org to act for from now on' }),
  };
  static override flags = accountFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Default);
    const result = await defaultScope(await this.context(), { ...flags, newDefault: args.org });
    this.respond(defaultJson(result), (style) => presentDefault(result, style));
  }
}
