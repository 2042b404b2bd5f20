import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { nameArg, selectorFlags } from '../../../cli/command/flags.ts';
import { keyJson, presentKey } from '../../../cli/present/runbeam/instances.ts';
import { showKey } from '../../../services/keys/keys.ts';

export default class HarmonyShowKey extends BaseCommand {
  static override summary = 'Show the public half of the key of a gateway';
  static override examples = [
    '<%= config.bin %> harmony:show-key my-label',
    '<%= config.bin %> harmony:show-key --id 1a2b3c4d --reveal',
  ];
  static override args = nameArg;
  static override flags = {
    ...selectorFlags,
    reveal: Flags.boolean({ default: false, summary: 'Show the secret half too, in base64' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyShowKey);
    const key = await showKey(await this.context(), { ...args, ...flags });
    this.respond(keyJson(key), (style) => presentKey(key, style));
  }
}
