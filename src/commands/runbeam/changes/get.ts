import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { actingFlags } from '../../../cli/command/flags.ts';
import { presentChange, presentConfig } from '../../../cli/present/runbeam/resources.ts';
import { getChange } from '../../../services/resources/changes.ts';

export default class ChangesGet extends BaseCommand {
  static override summary = 'Show a change with its configuration';
  static override examples = ['<%= config.bin %> changes:get chg_1', '<%= config.bin %> changes:get chg_1 --toml > change.toml'];
  static override args = {
    id: Args.string({ ignoreStdin: true, name: 'ID', required: true, description: 'Id of the change' }),
  };
  static override flags = {
    ...actingFlags,
    toml: Flags.boolean({ default: false, summary: 'Print the configuration alone', exclusive: ['json'] }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ChangesGet);
    const context = await this.context();
    const change = await getChange(context, { ...args, ...flags });
    if (flags.toml) this.output.result(presentConfig(change));
    else this.respond(change, (style) => presentChange(change, style, context.clock.now()));
  }
}
