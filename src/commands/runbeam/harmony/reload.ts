import { BaseCommand } from '../../../cli/command/base-command.ts';
import { nameArg, selectorFlags } from '../../../cli/command/flags.ts';
import { presentReload, reloadJson } from '../../../cli/present/runbeam/gateway.ts';
import { askGateway } from '../../../services/runbeam/gateways/gateway.ts';

export default class HarmonyReload extends BaseCommand {
  static override summary = 'Make a gateway read its configuration again';
  static override examples = ['<%= config.bin %> harmony:reload -l my-label'];
  static override args = nameArg;
  static override flags = selectorFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyReload);
    const found = await askGateway(await this.context(), {
      selector: { ...flags, ...args },
      changes: true,
      ask: (gateway) => gateway.reload(),
    });
    this.respond(reloadJson(found), (style) => presentReload(found, style));
  }
}
