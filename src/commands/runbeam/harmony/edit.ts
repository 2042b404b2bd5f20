import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { addressFlags, nameArg, selectorFlags, transportFlags } from '../../../cli/command/flags.ts';
import { presentEdited, registeredJson } from '../../../cli/present/runbeam/registered.ts';
import { editGateway } from '../../../services/runbeam/renewer.ts';

export default class HarmonyEdit extends BaseCommand {
  static override summary = 'Change a registered gateway';
  static override description =
    'It keeps its id, its key and its tokens. What --allow-plaintext allows is for the address that it has, and ' +
    'does not go along to another one.';
  static override examples = [
    '<%= config.bin %> harmony:edit my-label --rename production',
    '<%= config.bin %> harmony:edit my-label -i 10.0.0.5 --ca-file ca.pem',
    '<%= config.bin %> harmony:edit --id 1a2b3c4d --allow-plaintext',
    '<%= config.bin %> harmony:edit my-label --renew auto',
  ];
  static override args = nameArg;
  static override flags = {
    ...selectorFlags,
    ...addressFlags,
    rename: Flags.string({ helpValue: 'NEW', summary: 'What it is to be called' }),
    ...transportFlags,
    ca: Flags.boolean({
      allowNo: true,
      summary: 'Go on trusting the CA that it has of its own, or forget it',
      exclusive: ['ca-file'],
    }),
    renew: Flags.option({
      options: ['auto', 'off'] as const,
      helpValue: 'WHEN',
      summary: 'Whether the agent is to renew its machine token by itself',
    })(),
    // To be refused: it is looked for here, where the agent is told to renew.
    to: Flags.string({ hidden: true, helpValue: 'TARGET' }),
    check: Flags.boolean({ allowNo: true, default: true, summary: 'Ask the gateway what it is' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyEdit);
    const { label, id, ip, port, tls, rename, ca, renew, check, to } = flags;
    const registered = await editGateway(await this.context(), {
      ...args,
      ...{ label, id, ip, port, tls, rename, ca, renew, check, to },
      pathPrefix: flags['path-prefix'],
      caFile: flags['ca-file'],
      allowPlaintext: flags['allow-plaintext'],
    });
    this.respond(registeredJson(registered), (style) => presentEdited(registered, style));
  }
}
