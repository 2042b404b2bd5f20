import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { actingFlags } from '../../../cli/command/flags.ts';
import { acknowledgedJson, presentAcknowledged } from '../../../cli/present/runbeam/resources.ts';
import { acknowledgeChanges } from '../../../services/resources/changes.ts';

export default class ChangesAck extends BaseCommand {
  static override summary = 'Say that changes were received';
  static override description =
    'The gateway is not told of them again, so this is for a gateway that is gone or was changed by hand. Ids are taken as ' +
    'they are; for all of a gateway it asks first.';
  static override usage = 'changes:ack [ID...] [FLAGS]';
  static override examples = [
    '<%= config.bin %> changes:ack chg_1 chg_2',
    '<%= config.bin %> changes:ack --gateway my-label',
    '<%= config.bin %> changes:ack --gateway my-label -y',
  ];
  static override flags = {
    ...actingFlags,
    gateway: Flags.string({ char: 'g', helpValue: 'GATEWAY', summary: 'All that wait for this gateway' }),
    yes: Flags.boolean({ char: 'y', default: false, summary: 'Ask nothing' }),
  };
  static override strict = false;

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(ChangesAck);
    const result = await acknowledgeChanges(await this.context(), { ...flags, ids: argv.map(String) });
    this.respond(acknowledgedJson(result), (style) => presentAcknowledged(result, style));
    if (result.failed.length > 0) this.exitWith(1);
  }
}
