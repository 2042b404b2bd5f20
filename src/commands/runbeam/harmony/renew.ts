import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { actingFlags, nameArg, selectorFlags, viaFlag } from '../../../cli/command/flags.ts';
import { manyFlags, runRenewCommand } from '../../../cli/command/fleet.ts';
import { presentRenewedTo, renewedToJson } from '../../../cli/present/runbeam/export.ts';
import { fleetExitCode } from '../../../cli/present/runbeam/fleet/report.ts';
import { presentRenewals, renewJson } from '../../../cli/present/runbeam/fleet/renewals.ts';
import { renewTo } from '../../../services/runbeam/engines/renew-to.ts';

export default class HarmonyRenew extends BaseCommand {
  static override summary = 'Give gateways new machine tokens before their own end';
  static override description =
    'A new token is issued and delivered; only then the old one is dropped, so whatever fails leaves that. Asks nothing, for ' +
    'cron: 0 is nothing due or all renewed, 7 some failed or were not delivered. Of many, 16 at a time, each is its own affair. ' +
    'With --to it works from any machine that is logged in to Runbeam Cloud and to the engine, and no gateway is asked.';
  static override examples = [
    '<%= config.bin %> harmony:renew --due 5d',
    '<%= config.bin %> harmony:renew my-label',
    '<%= config.bin %> harmony:renew --due 5d --to vault:secret/harmony/production',
  ];
  static override args = nameArg;
  static override flags = {
    ...selectorFlags,
    ...actingFlags,
    to: Flags.string({
      helpValue: 'TARGET',
      exclusive: ['all', 'via', 'jsonl', 'concurrency'],
      summary: 'The one that a secret engine has: vault:MOUNT/PATH, k8s:NAMESPACE/NAME, aws:NAME, azure:VAULT/NAME',
    }),
    due: Flags.string({ helpValue: 'SPAN', exclusive: ['all'], summary: 'Those that end within this span: 12h, 5d' }),
    all: Flags.boolean({ default: false, summary: 'Every gateway that has a machine token from here' }),
    ...viaFlag,
    ...manyFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyRenew);
    const context = await this.context();
    if (flags.to !== undefined) {
      const renewed = await renewTo(context, { ...flags, ...args, to: flags.to });
      this.respond(renewedToJson(renewed), (style) => presentRenewedTo(renewed, style, context.clock.now()));
      return;
    }
    const { output, wantsJson: json } = this;
    const { jsonl } = flags;
    const report = await runRenewCommand(context, { ...flags, ...args }, { output, json, jsonl });
    if (!jsonl) this.respond(renewJson(report), (style) => presentRenewals(report, style, context.clock.now()));
    this.exitWith(fleetExitCode(report));
  }
}
