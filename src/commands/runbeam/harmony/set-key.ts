import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { selectorFlags } from '../../../cli/command/flags.ts';
import { keyJson, presentKeySet } from '../../../cli/present/runbeam/instances.ts';
import { setKey } from '../../../services/runbeam/keys.ts';

export default class HarmonySetKey extends BaseCommand {
  static override summary = 'Store the age key of an instance';
  static override description =
    'At the next authorization the key is sent along: the gateway needs the same one after a restart.';
  static override examples = [
    '<%= config.bin %> harmony:set-key --id 1a2b3c4d --key - < instance.key',
    '<%= config.bin %> harmony:set-key --id 1a2b3c4d --key-file instance.key',
  ];
  static override flags = {
    ...selectorFlags,
    'key': Flags.string({
      char: 'k',
      helpValue: 'KEY',
      summary: 'AGE-SECRET-KEY-1..., or base64 of it; - reads it from standard input',
      exclusive: ['key-file'],
    }),
    'key-file': Flags.string({ helpValue: 'FILE', summary: 'Read it from this file', exclusive: ['key'] }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonySetKey);
    const key = await setKey(await this.context(), { ...flags, keyFile: flags['key-file'] });
    this.respond(keyJson(key), (style) => presentKeySet(key, style));
  }
}
