import { BaseCommand } from '../../../cli/command/base-command.ts';
import { nameArg, pagerFlag, selectorFlags } from '../../../cli/command/flags.ts';
import { pipelinesJson, presentPipelines } from '../../../cli/present/runbeam/gateway.ts';
import { askGateway } from '../../../services/runbeam/gateways/gateway.ts';

export default class HarmonyPipelines extends BaseCommand {
  static override summary = 'List the pipelines of a gateway';
  static override examples = ['<%= config.bin %> harmony:pipelines -l my-label'];
  static override args = nameArg;
  static override flags = { ...selectorFlags, ...pagerFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyPipelines);
    const found = await askGateway(await this.context(), {
      selector: { ...flags, ...args },
      ask: (gateway) => gateway.pipelines(),
    });
    await this.respondAtLength(pipelinesJson(found), (style) => presentPipelines(found, style), !flags['no-pager']);
  }
}
