import { BaseCommand } from '../../../cli/command/base-command.ts';
import { nameArg, selectorFlags } from '../../../cli/command/flags.ts';
import { presentUpdate, updateJson } from '../../../cli/present/runbeam/gateway.ts';
import { uploadConfiguration } from '../../../services/runbeam/gateways/gateway.ts';

export default class HarmonyUpdate extends BaseCommand {
  static override summary = 'Make a gateway upload its configuration to Runbeam Cloud';
  static override examples = ['<%= config.bin %> harmony:update -l my-label'];
  static override args = nameArg;
  static override flags = selectorFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyUpdate);
    const found = await uploadConfiguration(await this.context(), { ...flags, ...args });
    this.respond(updateJson(found), (style) => presentUpdate(found, style));
  }
}
