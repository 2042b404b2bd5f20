import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { addressFlags, transportFlags } from '../../../cli/command/flags.ts';
import { presentAdded, registeredJson } from '../../../cli/present/runbeam/registered.ts';
import { addNewInstance } from '../../../services/runbeam/gateways/add-instance.ts';

export default class HarmonyAdd extends BaseCommand {
  static override summary = 'Register a gateway';
  static override description =
    'The gateway is asked what it is; one that does not answer is registered all the same. Off this machine its management ' +
    'API is called over https only, unless plain http is allowed for it. A gateway that has the label or the address is ' +
    'changed and keeps its id.';
  static override examples = [
    '<%= config.bin %> harmony:add -i 127.0.0.1 -p 8081 -x admin -l my-label',
    '<%= config.bin %> harmony:add https://gw.example.com:8443/admin -l production --ca-file ca.pem',
    '<%= config.bin %> harmony:add 10.0.0.5:8081 --allow-plaintext',
    '<%= config.bin %> harmony:add -i 10.0.0.5 -l production --key - < instance.key',
  ];
  static override args = {
    address: Args.string({
      ignoreStdin: true,
      name: 'ADDRESS',
      description: 'A URL, host:port or a host, in place of -i and -p',
    }),
  };
  static override flags = {
    ...addressFlags,
    'label': Flags.string({ char: 'l', helpValue: 'LABEL', summary: 'Name to call it by (default: ip:port)' }),
    ...transportFlags,
    'check': Flags.boolean({ allowNo: true, default: true, summary: 'Ask the gateway what it is' }),
    'key': Flags.string({
      char: 'k',
      helpValue: 'KEY',
      summary: 'Its age key, raw or in base64; - reads it from standard input (default: one is made)',
      exclusive: ['key-file'],
    }),
    'key-file': Flags.string({ helpValue: 'FILE', summary: 'Read its age key from this file', exclusive: ['key'] }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyAdd);
    const registered = await addNewInstance(await this.context(), {
      ...flags,
      ...args,
      pathPrefix: flags['path-prefix'],
      caFile: flags['ca-file'],
      allowPlaintext: flags['allow-plaintext'],
      keyFile: flags['key-file'],
    });
    this.respond(registeredJson(registered), (style) => presentAdded(registered, style));
  }
}
