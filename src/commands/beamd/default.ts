import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags } from '../../cli/command/flags.ts';
import { defaultJson, presentDefault } from '../../cli/present/orgs.ts';
import { BeamError } from '../../errors.ts';
import { defaultScope } from '../../services/beamd/default.ts';

export default class Default extends BaseCommand {
  static override summary = 'Show or set the org that is used when nothing else chooses one';
  static override description =
    'Prints the org alone. An org is set by its whole name, in upper or lower case; of a part of one you choose on the terminal.';
  static override examples = [
    '<%= config.bin %> default',
    '<%= config.bin %> default acme',
    '<%= config.bin %> default --choose',
    '<%= config.bin %> default --unset',
  ];
  static override args = {
    org: Args.string({ ignoreStdin: true, name: 'ORG', description: 'The org to act for from now on' }),
  };
  static override flags = {
    ...accountFlags,
    choose: Flags.boolean({ default: false, summary: 'Choose the org on the terminal', exclusive: ['unset'] }),
    unset: Flags.boolean({ default: false, summary: 'Have no default: your first org acts then', exclusive: ['choose'] }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Default);
    if (args.org !== undefined && (flags.unset || flags.choose)) {
      throw new BeamError('usage', 'Give an org, --choose or --unset, and not two of them', {
        hint: { command: 'beamd default --help' },
      });
    }
    const result = await defaultScope(await this.context(), { ...flags, newDefault: args.org });
    this.respond(defaultJson(result), (style) => presentDefault(result, style));
  }
}
