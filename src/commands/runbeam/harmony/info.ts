import { BaseCommand } from '../../../cli/command/base-command.ts';
import { presentInfo } from '../../../cli/present/runbeam/gateway.ts';
import { gatewayInfo } from '../../../services/runbeam/gateway.ts';
import { pickSelector, selectorFlags } from './selector-flags.ts';

export default class HarmonyInfo extends BaseCommand {
  static override summary = 'Show version, uptime and platform of a gateway';
  static override examples = ['<%= config.bin %> harmony:info -l my-label'];
  static override flags = selectorFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyInfo);
    const found = await gatewayInfo(await this.context(), pickSelector(flags));
    this.respond(found.answer, (style) => presentInfo(found, style));
  }
}
