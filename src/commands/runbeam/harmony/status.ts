import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { nameArg, pagerFlag, selectorFlags } from '../../../cli/command/flags.ts';
import { gatewayListJson, presentStatus } from '../../../cli/present/runbeam/gateways.ts';
import { gatewayStatus } from '../../../services/runbeam/gateways/list-gateways.ts';

export default class HarmonyStatus extends BaseCommand {
  static override summary = 'Ask gateways whether they answer';
  static override description =
    'The exit code is 0 where every gateway that was asked answers. Else it is that of what went wrong: 5 for one that cannot ' +
    'be reached, 6 for one that must not be spoken to, 2 for an address or a prefix that is wrong.';
  static override examples = [
    '<%= config.bin %> harmony:status my-label',
    '<%= config.bin %> harmony:status --all',
    '<%= config.bin %> harmony:status --all --json',
  ];
  static override args = nameArg;
  static override flags = {
    ...selectorFlags,
    ...pagerFlag,
    all: Flags.boolean({ default: false, summary: 'Ask all of them, 16 at a time', exclusive: ['label', 'id'] }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyStatus);
    const context = await this.context();
    const { gateways, exitCode } = await gatewayStatus(context, { ...flags, ...args });
    const json = gatewayListJson(gateways);
    await this.respondAtLength(json, (style) => presentStatus(gateways, style, context.clock.now()), !flags['no-pager']);
    this.exitWith(exitCode);
  }
}
