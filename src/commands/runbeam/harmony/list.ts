import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { pagerFlag } from '../../../cli/command/flags.ts';
import { gatewayListJson, presentGateways } from '../../../cli/present/runbeam/gateways.ts';
import { listGateways } from '../../../services/runbeam/gateways/list-gateways.ts';

export default class HarmonyList extends BaseCommand {
  static override summary = 'List the registered gateways';
  static override description =
    'What is shown is on this disk, and no gateway is asked; --check asks them all. Its exit code then is that of ' +
    'harmony:status: 0 where all of them answer.';
  static override examples = ['<%= config.bin %> harmony:list', '<%= config.bin %> harmony:list --check'];
  static override flags = {
    ...pagerFlag,
    check: Flags.boolean({ default: false, summary: 'Ask every gateway whether it answers' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyList);
    const context = await this.context();
    const { gateways, exitCode } = await listGateways(context, flags);
    // Of very many it is only made where it is wanted.
    const json = this.wantsJson ? gatewayListJson(gateways) : undefined;
    await this.respondAtLength(json, (style) => presentGateways(gateways, style, context.clock.now()), !flags['no-pager']);
    this.exitWith(exitCode);
  }
}
