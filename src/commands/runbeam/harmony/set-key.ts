import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { keyJson, presentKey } from '../../../cli/present/runbeam/instances.ts';
import { readKey, setKey } from '../../../services/runbeam/keys.ts';
import { pickSelector, selectorFlags } from './selector-flags.ts';

export default class HarmonySetKey extends BaseCommand {
  static override summary = 'Store the age key of an instance';
  static override examples = ['<%= config.bin %> harmony:set-key --id 1a2b3c4d --key - < instance.key'];
  static override flags = {
    ...selectorFlags,
    key: Flags.string({
      char: 'k',
      helpValue: 'KEY',
      required: true,
      summary: 'AGE-SECRET-KEY-1…, or base64 of it; - reads it from standard input',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonySetKey);
    const context = await this.context();
    const key = await setKey(context, pickSelector(flags), await readKey(context, flags.key));
    this.respond(keyJson(key), (style) => presentKey(key, style));
  }
}
