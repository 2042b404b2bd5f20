import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { nameArg, selectorFlags } from '../../../cli/command/flags.ts';
import { exportJson, presentExport, presentPut, putJson } from '../../../cli/present/runbeam/export.ts';
import { putSecrets } from '../../../services/runbeam/engines/put.ts';
import { exportInstance, FORMATS } from '../../../services/runbeam/export/export.ts';

export default class HarmonyExport extends BaseCommand {
  static override summary = 'Write what a gateway needs where it runs: its key, for a container, a cluster or a secret engine';
  static override description =
    'Says where the secrets are; with --inline it holds them. The JWT secret is never made up: it must be the one of Runbeam Cloud. ' +
    'With --to the client of an engine that you are logged in to (vault, kubectl, aws, az) gets them on its standard input.';
  static override examples = [
    '<%= config.bin %> harmony:export my-label --format env --inline --out .env',
    '<%= config.bin %> harmony:export my-label --format k8s --secret production/harmony-secrets',
    '<%= config.bin %> harmony:export my-label --format ecs --secret harmony/production',
    '<%= config.bin %> harmony:export my-label --with-token --to vault:secret/harmony/production',
  ];
  static override args = nameArg;
  static override flags = {
    ...selectorFlags,
    'format': Flags.option({ options: FORMATS, helpValue: 'FORMAT', summary: 'What is to read it' })(),
    'to': Flags.string({
      helpValue: 'TARGET',
      exclusive: ['format', 'inline', 'secret', 'image', 'out'],
      summary: 'Hand it to the client of an engine: vault:MOUNT/PATH, k8s:NAMESPACE/NAME, aws:NAME, azure:VAULT/NAME',
    }),
    'inline': Flags.boolean({ default: false, summary: 'Put the secrets in' }),
    'with-token': Flags.boolean({ default: false, summary: 'The machine token too, as RUNBEAM_MACHINE_TOKEN' }),
    'jwt-secret-from': Flags.string({
      helpValue: 'WHERE',
      summary: 'RUNBEAM_JWT_SECRET too: what the platform calls it (NAME or NAME#FIELD); with --inline a file, env:NAME or -',
    }),
    'secret': Flags.string({ helpValue: 'NAME', summary: 'What the secret is called there (env: the folder of its files)' }),
    'image': Flags.string({ helpValue: 'IMAGE', summary: 'Image of the gateway (else harmony:latest)' }),
    'out': Flags.string({ char: 'o', helpValue: 'FILE', summary: 'Write it to this file, which only you can read' }),
    'yes': Flags.boolean({ char: 'y', default: false, summary: 'Replace a file, and show secrets, without asking' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyExport);
    const context = await this.context();
    const { to } = flags;
    const named = { ...flags, ...args, withToken: flags['with-token'], jwtSecretFrom: flags['jwt-secret-from'] };
    if (to !== undefined) {
      const put = await putSecrets(context, { ...named, to });
      this.respond(putJson(put), (style) => presentPut(put, style));
      return;
    }
    const exported = await exportInstance(context, { ...named, onScreen: this.output.style.columns !== Infinity });
    if (exported.path === undefined && !this.wantsJson) this.output.result(exported.text.trimEnd());
    else this.respond(exportJson(exported), (style) => presentExport(exported, style));
  }
}
