import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { nameArg, selectorFlags } from '../../../cli/command/flags.ts';
import { keyJson, presentKeySet } from '../../../cli/present/runbeam/instances.ts';
import { setKey } from '../../../services/keys/keys.ts';

export default class HarmonySetKey extends BaseCommand {
  static override summary = 'Store the age key of a gateway';
  static override description =
    'At the next authorization the key is sent along: the gateway needs the same one after a restart.';
  static override examples = [
    '<%= config.bin %> harmony:set-key --id 1a2b3c4d --key - < instance.key',
    '<%= config.bin %> harmony:set-key --id 1a2b3c4d --key-file instance.key',
    '<%= config.bin %> harmony:set-key my-label --generate',
    '<%= config.bin %> harmony:set-key my-label --keyring --key-file instance.key',
  ];
  static override args = nameArg;
  static override flags = {
    ...selectorFlags,
    'key': Flags.string({
      char: 'k',
      helpValue: 'KEY',
      summary: 'AGE-SECRET-KEY-1..., or base64 of it; - reads it from standard input',
      exclusive: ['key-file', 'generate'],
    }),
    'key-file': Flags.string({ helpValue: 'FILE', summary: 'Read it from this file', exclusive: ['key', 'generate'] }),
    'generate': Flags.boolean({ default: false, summary: 'Make a new key; harmony:show-key --reveal shows it' }),
    'keyring': Flags.boolean({
      default: false,
      summary: 'Keep it sealed to the OS keyring, where other programs do not find it',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonySetKey);
    const key = await setKey(await this.context(), { ...args, ...flags, keyFile: flags['key-file'] });
    this.respond(keyJson(key), (style) => presentKeySet(key, style));
  }
}
