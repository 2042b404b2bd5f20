import { BaseCommand } from '../../../cli/command/base-command.ts';
import { nameArg, pagerFlag, selectorFlags } from '../../../cli/command/flags.ts';
import { presentRoutes, routesJson } from '../../../cli/present/runbeam/gateway.ts';
import { askGateway } from '../../../services/runbeam/gateways/gateway.ts';

export default class HarmonyRoutes extends BaseCommand {
  static override summary = 'List the routes of a gateway';
  static override examples = ['<%= config.bin %> harmony:routes -l my-label'];
  static override args = nameArg;
  static override flags = { ...selectorFlags, ...pagerFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyRoutes);
    const found = await askGateway(await this.context(), { selector: { ...flags, ...args }, ask: (gateway) => gateway.routes() });
    await this.respondAtLength(routesJson(found), (style) => presentRoutes(found, style), !flags['no-pager']);
  }
}
