import { BaseCommand } from '../../../cli/command/base-command.ts';
import { presentRoutes } from '../../../cli/present/runbeam/gateway.ts';
import { gatewayRoutes } from '../../../services/runbeam/gateway.ts';
import { pickSelector, selectorFlags } from './selector-flags.ts';

export default class HarmonyRoutes extends BaseCommand {
  static override summary = 'List the routes of a gateway';
  static override examples = ['<%= config.bin %> harmony:routes -l my-label'];
  static override flags = selectorFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyRoutes);
    const found = await gatewayRoutes(await this.context(), pickSelector(flags));
    this.respond({ routes: found.answer }, (style) => presentRoutes(found, style));
  }
}
