import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { instanceAnswerJson, presentAdded } from '../../../cli/present/runbeam/instances.ts';
import { addNewInstance } from '../../../services/runbeam/instances.ts';

export default class HarmonyAdd extends BaseCommand {
  static override summary = 'Register a Harmony instance';
  static override description =
    'Off this machine the management API is called over https only. An instance that has the label or the address is changed ' +
    'and keeps its id.';
  static override examples = [
    '<%= config.bin %> harmony:add -i 127.0.0.1 -p 8081 -x admin -l my-label',
    '<%= config.bin %> harmony:add -i 10.0.0.5 -l production --key - < instance.key',
  ];
  static override flags = {
    'ip': Flags.string({ char: 'i', default: '127.0.0.1', helpValue: 'IP', summary: 'Address of its management API' }),
    'port': Flags.integer({ char: 'p', default: 8081, helpValue: 'PORT', summary: 'Port of its management API' }),
    'label': Flags.string({ char: 'l', helpValue: 'LABEL', summary: 'Name to call it by (default: ip:port)' }),
    'path-prefix': Flags.string({
      char: 'x',
      default: 'admin',
      helpValue: 'PREFIX',
      summary: 'Path prefix of its management API',
    }),
    'key': Flags.string({
      char: 'k',
      helpValue: 'KEY',
      summary: 'Its age key, raw or in base64; - reads it from standard input (default: one is made)',
      exclusive: ['key-file'],
    }),
    'key-file': Flags.string({ helpValue: 'FILE', summary: 'Read its age key from this file', exclusive: ['key'] }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyAdd);
    const instance = await addNewInstance(await this.context(), {
      ...flags,
      pathPrefix: flags['path-prefix'],
      keyFile: flags['key-file'],
    });
    this.respond(instanceAnswerJson(instance), (style) => presentAdded(instance, style));
  }
}
