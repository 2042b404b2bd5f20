import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags } from '../../../cli/command/flags.ts';
import { pinCheckJson, presentPinCheck } from '../../../cli/present/doctor.ts';
import { checkPin } from '../../../services/doctor/pin-check.ts';

export default class PinCheck extends BaseCommand {
  static override summary = 'Check the .beamd of a project, as in CI';
  static override description =
    'Is the file well-formed, are its server and org there, is nothing in it a secret, and is .beamd.local kept out of git. ' +
    'Server and org are looked up among your logins, or asked with --config, or with BEAMD_TOKEN and BEAMD_SERVER; ' +
    'else they are not verified. Exit code 2 means invalid, 6 a secret.';
  static override examples = [
    '<%= config.bin %> pin check',
    '<%= config.bin %> pin check --config app.yaml',
    '<%= config.bin %> pin check services/web --offline',
  ];
  static override args = { path: Args.string({ description: 'A folder of the project, or its .beamd' }) };
  static override flags = {
    ...accountFlags,
    offline: Flags.boolean({ default: false, summary: 'Ask no server' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PinCheck);
    const context = await this.context();
    const result = await checkPin(context, { ...flags, path: args.path });
    this.respond(pinCheckJson(result), (style) => presentPinCheck(result, style, context.clock.now()));
    this.exitWith(result.exitCode);
  }
}
