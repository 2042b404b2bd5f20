import { BaseCommand } from '../../../cli/command/base-command.ts';
import { presentReload, reloadJson } from '../../../cli/present/runbeam/gateway.ts';
import { reloadGateway } from '../../../services/runbeam/gateway.ts';
import { pickSelector, selectorFlags } from './selector-flags.ts';

export default class HarmonyReload extends BaseCommand {
  static override summary = 'Make a gateway read its configuration again';
  static override examples = ['<%= config.bin %> harmony:reload -l my-label'];
  static override flags = selectorFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyReload);
    const found = await reloadGateway(await this.context(), pickSelector(flags));
    this.respond(reloadJson(found), (style) => presentReload(found, style));
  }
}
