import { BaseCommand } from '../../../cli/command/base-command.ts';
import { selectorFlags } from '../../../cli/command/flags.ts';
import { presentInfo } from '../../../cli/present/runbeam/gateway.ts';
import { askGateway } from '../../../services/runbeam/gateway.ts';

export default class HarmonyInfo extends BaseCommand {
  static override summary = 'Show version, uptime and platform of a gateway';
  static override examples = ['<%= config.bin %> harmony:info -l my-label'];
  static override flags = selectorFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyInfo);
    const found = await askGateway(await this.context(), { selector: flags, ask: (gateway) => gateway.info() });
    this.respond(found.answer, (style) => presentInfo(found, style));
  }
}
