import { BaseCommand } from '../../../cli/command/base-command.ts';
import { selectorFlags } from '../../../cli/command/flags.ts';
import { presentReload, reloadJson } from '../../../cli/present/runbeam/gateway.ts';
import { askGateway } from '../../../services/runbeam/gateway.ts';

export default class HarmonyReload extends BaseCommand {
  static override summary = 'Make a gateway read its configuration again';
  static override examples = ['<%= config.bin %> harmony:reload -l my-label'];
  static override flags = selectorFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyReload);
    const found = await askGateway(await this.context(), { selector: flags, changes: true, ask: (gateway) => gateway.reload() });
    this.respond(reloadJson(found), (style) => presentReload(found, style));
  }
}
