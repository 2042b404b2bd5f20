import { BaseCommand } from '../../../cli/command/base-command.ts';
import { nameArg, selectorFlags } from '../../../cli/command/flags.ts';
import { infoJson, presentInfo } from '../../../cli/present/runbeam/gateway.ts';
import { gatewayInfo } from '../../../services/runbeam/gateways/gateway.ts';

export default class HarmonyInfo extends BaseCommand {
  static override summary = 'Show version, uptime and platform of a gateway, and when its machine token ends';
  static override examples = ['<%= config.bin %> harmony:info my-label', '<%= config.bin %> harmony:info -l my-label'];
  static override args = nameArg;
  static override flags = selectorFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyInfo);
    const context = await this.context();
    const found = await gatewayInfo(context, { ...flags, ...args });
    this.respond(infoJson(found), (style) => presentInfo(found, style, context.clock.now()));
  }
}
