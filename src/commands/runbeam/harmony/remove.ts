import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { selectorFlags } from '../../../cli/command/flags.ts';
import { instanceAnswerJson, presentRemoved } from '../../../cli/present/runbeam/instances.ts';
import { removeOneInstance } from '../../../services/runbeam/instances.ts';

export default class HarmonyRemove extends BaseCommand {
  static override summary = 'Take a Harmony instance out of the list';
  static override examples = [
    '<%= config.bin %> harmony:remove -l my-label',
    '<%= config.bin %> harmony:remove -i 127.0.0.1 -p 8081',
  ];
  static override flags = {
    ...selectorFlags,
    ip: Flags.string({ char: 'i', helpValue: 'IP', summary: 'Address of the instance', dependsOn: ['port'] }),
    port: Flags.integer({ char: 'p', helpValue: 'PORT', summary: 'Port of the instance', dependsOn: ['ip'] }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyRemove);
    const instance = await removeOneInstance(await this.context(), flags);
    this.respond(instanceAnswerJson(instance), (style) => presentRemoved(instance, style));
  }
}
