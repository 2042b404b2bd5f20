import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { actingFlags } from '../../../cli/command/flags.ts';
import { presentOutcome } from '../../../cli/present/runbeam/resources.ts';
import { endChange } from '../../../services/resources/changes.ts';

export default class ChangesApplied extends BaseCommand {
  static override summary = 'Say that a gateway has made a change';
  static override description = 'A gateway says so itself: this is for one that was changed by hand.';
  static override examples = ['<%= config.bin %> changes:applied chg_1'];
  static override args = {
    id: Args.string({ ignoreStdin: true, name: 'ID', required: true, description: 'Id of the change' }),
  };
  static override flags = actingFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ChangesApplied);
    const outcome = await endChange(await this.context(), { ...args, ...flags, status: 'applied' });
    this.respond(outcome, (style) => presentOutcome(outcome, style));
  }
}
