import { BaseCommand } from '../../../cli/command/base-command.ts';
import { selectorFlags } from '../../../cli/command/flags.ts';
import { instanceAnswerJson, presentKeyDeleted } from '../../../cli/present/runbeam/instances.ts';
import { deleteKey } from '../../../services/keys/keys.ts';

export default class HarmonyDeleteKey extends BaseCommand {
  static override summary = 'Delete the stored key of an instance';
  static override examples = ['<%= config.bin %> harmony:delete-key --id 1a2b3c4d'];
  static override flags = selectorFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyDeleteKey);
    const instance = await deleteKey(await this.context(), flags);
    this.respond(instanceAnswerJson(instance), (style) => presentKeyDeleted(instance, style));
  }
}
