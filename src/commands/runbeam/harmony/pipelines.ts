import { BaseCommand } from '../../../cli/command/base-command.ts';
import { presentPipelines } from '../../../cli/present/runbeam/gateway.ts';
import { gatewayPipelines } from '../../../services/runbeam/gateway.ts';
import { pickSelector, selectorFlags } from './selector-flags.ts';

export default class HarmonyPipelines extends BaseCommand {
  static override summary = 'List the pipelines of a gateway';
  static override examples = ['<%= config.bin %> harmony:pipelines -l my-label'];
  static override flags = selectorFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyPipelines);
    const found = await gatewayPipelines(await this.context(), pickSelector(flags));
    this.respond({ pipelines: found.answer }, (style) => presentPipelines(found, style));
  }
}
