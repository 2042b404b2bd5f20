import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { actingFlags } from '../../../cli/command/flags.ts';
import { presentResolution, resolutionJson } from '../../../cli/present/runbeam/resources.ts';
import { resolveReference } from '../../../services/resources/mesh.ts';

export default class HarmonyResolve extends BaseCommand {
  static override summary = 'Show what a reference in a configuration stands for';
  static override examples = ['<%= config.bin %> harmony:resolve runbeam.acme.ingress.name.patient_api'];
  static override args = {
    reference: Args.string({ ignoreStdin: true, name: 'REF', required: true, description: 'PROVIDER.TEAM.TYPE.name.NAME' }),
  };
  static override flags = actingFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyResolve);
    const context = await this.context();
    const found = await resolveReference(context, { ...args, ...flags });
    this.respond(resolutionJson(found), (style) => presentResolution(found, style, context.clock.now()));
  }
}
