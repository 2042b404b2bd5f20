import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { nameArg, selectorFlags } from '../../../cli/command/flags.ts';
import { presentRemoved, removedJson } from '../../../cli/present/runbeam/instances.ts';
import { removeOneInstance } from '../../../services/runbeam/gateways/instances.ts';

export default class HarmonyRemove extends BaseCommand {
  static override summary = 'Take a gateway out of the list';
  static override description =
    'Its key and its tokens stay in its folder, and it is said which; --purge removes them too. The gateway itself is not ' +
    'asked: it goes on with the machine token that it has.';
  static override examples = [
    '<%= config.bin %> harmony:remove -l my-label',
    '<%= config.bin %> harmony:remove -i 127.0.0.1 -p 8081',
    '<%= config.bin %> harmony:remove -l my-label --purge',
  ];
  static override args = nameArg;
  static override flags = {
    ...selectorFlags,
    ip: Flags.string({ char: 'i', helpValue: 'IP', summary: 'Address of the gateway', dependsOn: ['port'] }),
    port: Flags.integer({ char: 'p', helpValue: 'PORT', summary: 'Port of the gateway', dependsOn: ['ip'] }),
    purge: Flags.boolean({ default: false, summary: 'Remove its key and tokens, too; asks first' }),
    yes: Flags.boolean({ char: 'y', default: false, summary: 'Ask nothing' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyRemove);
    const removed = await removeOneInstance(await this.context(), { ...flags, ...args });
    this.respond(removedJson(removed), (style) => presentRemoved(removed, style));
  }
}
