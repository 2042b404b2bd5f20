import { BaseCommand } from '../../../cli/command/base-command.ts';
import { nameArg, selectorFlags } from '../../../cli/command/flags.ts';
import { instanceAnswerJson, presentKeyDeleted } from '../../../cli/present/runbeam/instances.ts';
import { deleteKey } from '../../../services/keys/keys.ts';

export default class HarmonyDeleteKey extends BaseCommand {
  static override summary = 'Delete the stored key of a gateway';
  static override examples = [
    '<%= config.bin %> harmony:delete-key my-label',
    '<%= config.bin %> harmony:delete-key --id 1a2b3c4d',
  ];
  static override args = nameArg;
  static override flags = selectorFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyDeleteKey);
    const instance = await deleteKey(await this.context(), { ...args, ...flags });
    this.respond(instanceAnswerJson(instance), (style) => presentKeyDeleted(instance, style));
  }
}
