import { BaseCommand } from '../../../cli/command/base-command.ts';
import { selectorFlags } from '../../../cli/command/flags.ts';
import { presentUpdate, updateJson } from '../../../cli/present/runbeam/gateway.ts';
import { askGateway } from '../../../services/runbeam/gateway.ts';

export default class HarmonyUpdate extends BaseCommand {
  static override summary = 'Make a gateway upload its configuration to Runbeam Cloud';
  static override examples = ['<%= config.bin %> harmony:update -l my-label'];
  static override flags = selectorFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyUpdate);
    const found = await askGateway(await this.context(), { selector: flags, changes: true, ask: (gateway) => gateway.update() });
    this.respond(updateJson(found), (style) => presentUpdate(found, style));
  }
}
