import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { selectorFlags } from '../../../cli/command/flags.ts';
import { keyJson, presentKey } from '../../../cli/present/runbeam/instances.ts';
import { showKey } from '../../../services/keys/keys.ts';

export default class HarmonyShowKey extends BaseCommand {
  static override summary = 'Show the public half of the key of an instance';
  static override examples = [
    '<%= config.bin %> harmony:show-key --id 1a2b3c4d',
    '<%= config.bin %> harmony:show-key -l my-label --reveal',
  ];
  static override flags = {
    ...selectorFlags,
    reveal: Flags.boolean({ default: false, summary: 'Show the secret half too, in base64' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyShowKey);
    const key = await showKey(await this.context(), flags);
    this.respond(keyJson(key), (style) => presentKey(key, style));
  }
}
