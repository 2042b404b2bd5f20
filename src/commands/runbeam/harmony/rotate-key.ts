import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { actingFlags, nameArg, selectorFlags, viaFlag } from '../../../cli/command/flags.ts';
import { presentRotated, rotatedJson } from '../../../cli/present/runbeam/rotation.ts';
import { EXIT_CODES } from '../../../errors.ts';
import { rotateKey } from '../../../services/keys/rotate-key.ts';

export default class HarmonyRotateKey extends BaseCommand {
  static override summary = 'Exchange the age key of a gateway';
  static override description =
    'A new key takes its place, and the gateway is authorized again, so that it gets the key with a new token. The old key and ' +
    'token stay beside it until --finish. Interrupted, the same command goes on; --abort puts the old key back.';
  static override examples = [
    '<%= config.bin %> harmony:rotate-key my-label',
    '<%= config.bin %> harmony:rotate-key my-label --finish',
    '<%= config.bin %> harmony:rotate-key my-label --key-file new.key',
  ];
  static override args = nameArg;
  static override flags = {
    ...selectorFlags,
    ...actingFlags,
    'key-file': Flags.string({ helpValue: 'FILE|-', summary: 'The new key; - reads it from standard input; else one is made' }),
    'finish': Flags.boolean({ default: false, summary: 'Let go of the old key', exclusive: ['abort', 'key-file'] }),
    'abort': Flags.boolean({ default: false, summary: 'Put the old key back', exclusive: ['finish', 'key-file'] }),
    'yes': Flags.boolean({ char: 'y', default: false, summary: 'Ask nothing' }),
    ...viaFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyRotateKey);
    const context = await this.context();
    const input = { ...args, ...flags, keyFile: flags['key-file'], ask: !flags.yes && !this.wantsJson };
    const rotated = await rotateKey(context, input);
    this.respond(rotatedJson(rotated), (style) => presentRotated(rotated, style, context.clock.now()));
    if (rotated.state === 'undelivered') this.exitWith(EXIT_CODES.not_delivered);
  }
}
