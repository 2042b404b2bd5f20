import * as Args from '@oclif/core/args';
import { PartCommand, partFlags } from '../../../cli/command/resources.ts';
import { listChanges } from '../../../services/resources/changes.ts';

export default class ChangesList extends PartCommand {
  static override summary = 'List the changes that wait for a gateway';
  static override description = 'Changes that were acknowledged are not in the list any more; changes:get shows them still.';
  static override examples = ['<%= config.bin %> changes:list', '<%= config.bin %> changes:list my-label'];
  static override args = {
    gateway: Args.string({
      ignoreStdin: true,
      name: 'GATEWAY',
      description: 'Label or id of a registered gateway, or its id, code or name at Runbeam Cloud; else of all',
    }),
  };
  static override flags = partFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ChangesList);
    await this.respondWithPart(await listChanges(await this.context(), { ...flags, ...args }), flags);
  }
}
