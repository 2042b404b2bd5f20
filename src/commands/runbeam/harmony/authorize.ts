import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { fleetFlags, fleetInput, runFleetCommand } from '../../../cli/command/fleet.ts';
import { actingFlags, nameArg, selectorFlags, viaFlag } from '../../../cli/command/flags.ts';
import { authorizeJson, presentAuthorized, presentUpload } from '../../../cli/present/runbeam/authorize.ts';
import { fleetExitCode, fleetJson, presentFleet } from '../../../cli/present/runbeam/fleet/report.ts';
import { EXIT_CODES } from '../../../errors.ts';
import { authorize, uploadAfter } from '../../../services/runbeam/authorize.ts';

const loadPlan = async () =>
  Promise.all([import('../../../services/runbeam/fleet/file-plan.ts'), import('../../../cli/present/runbeam/fleet/plan.ts')]);

export default class HarmonyAuthorize extends BaseCommand {
  static override summary = 'Authorize a gateway with Runbeam Cloud';
  static override description =
    'Runbeam Cloud issues a 30-day machine token, which is delivered to the gateway, with its key if one ' +
    'was set. A token that cannot be delivered is kept: the exit code is 7, and --retry delivers it. ' +
    'A gateway that takes no tokens (0.4) gets your session instead, but only with --via harmony or a yes. ' +
    'Of many, each is its own affair: 0 is all authorized, 7 some; --resume goes on with the rest.';
  static override examples = [
    '<%= config.bin %> harmony:authorize -l my-label',
    '<%= config.bin %> harmony:authorize --id 1a2b3c4d',
    '<%= config.bin %> harmony:authorize -l my-label --update',
    '<%= config.bin %> harmony:authorize -l my-label -y',
    "<%= config.bin %> harmony:authorize --match 'prod-*'",
    '<%= config.bin %> harmony:authorize --file gateways.yaml --plan',
    '<%= config.bin %> harmony:authorize --resume',
  ];
  static override args = nameArg;
  static override flags = {
    ...selectorFlags,
    ...actingFlags,
    update: Flags.boolean({ default: false, summary: 'Upload the configuration afterwards, without asking' }),
    yes: Flags.boolean({ char: 'y', default: false, summary: 'Ask nothing; without --update nothing is uploaded' }),
    retry: Flags.boolean({ default: false, summary: 'Deliver the token that an earlier authorization could not deliver' }),
    ...viaFlag,
    ...fleetFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyAuthorize);
    const context = await this.context();
    const input = { ...flags, ...args, ask: !flags.yes && !this.wantsJson };
    const many = fleetInput(input);
    if (many !== undefined && 'file' in many && many.plan) {
      const [{ planOfFile }, { planJson, presentPlan }] = await loadPlan();
      const plan = await planOfFile(context, many);
      this.respond(planJson(plan), (style) => presentPlan(plan, style, context.clock.now()));
      return;
    }
    if (many !== undefined) {
      const { output, wantsJson: json } = this;
      const report = await runFleetCommand(context, many, { output, json, jsonl: flags.jsonl });
      if (!flags.jsonl) this.respond(fleetJson(report), (style) => presentFleet(report, style, context.clock.now()));
      this.exitWith(fleetExitCode(report));
      return;
    }
    const authorized = await authorize(context, input);
    // What was done is said before anything more is asked: Ctrl-C at the question must not hide it.
    if (!this.wantsJson) this.say((style) => presentAuthorized(authorized, style, context.clock.now()));
    const upload = await uploadAfter(context, input, authorized);
    this.respond(authorizeJson({ ...authorized, upload }), (style) => presentUpload(authorized.instance, upload, style));
    if (!authorized.result.delivered) this.exitWith(EXIT_CODES.not_delivered);
    else if (upload.status === 'failed') this.exitWith(EXIT_CODES[upload.problem.code]);
  }
}
