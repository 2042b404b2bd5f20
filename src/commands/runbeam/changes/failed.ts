import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { actingFlags } from '../../../cli/command/flags.ts';
import { presentOutcome } from '../../../cli/present/runbeam/resources.ts';
import { endChange } from '../../../services/resources/changes.ts';

export default class ChangesFailed extends BaseCommand {
  static override summary = 'Say that a gateway could not make a change';
  static override examples = ["<%= config.bin %> changes:failed chg_1 --error 'There is no such network'"];
  static override args = {
    id: Args.string({ ignoreStdin: true, name: 'ID', required: true, description: 'Id of the change' }),
  };
  static override flags = {
    ...actingFlags,
    error: Flags.string({ helpValue: 'TEXT', required: true, summary: 'Why' }),
    details: Flags.string({ helpValue: 'TEXT', summary: 'More about it' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ChangesFailed);
    const details = flags.details === undefined ? [] : [flags.details];
    const outcome = await endChange(await this.context(), { ...args, ...flags, details, status: 'failed' });
    this.respond(outcome, (style) => presentOutcome(outcome, style));
  }
}
