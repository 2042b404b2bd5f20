import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { kubeJson, presentKube } from '../../../cli/present/credential.ts';
import { kubeCredential } from '../../../services/credential/kube.ts';

export default class CredentialKube extends BaseCommand {
  static override summary = 'Answer kubectl, as its credential plugin';
  static override description =
    'kubectl runs this; `beamd setup kube` makes it do so. It answers where the cluster is the edge or the control plane of the account, exactly by scheme, host and port. It opens no browser, asks nothing, and takes three seconds at most.';
  static override examples = ['<%= config.bin %> credential kube --server edge.example.com'];
  static override flags = {
    server: Flags.string({ required: true, helpValue: 'HOST', summary: 'The server of the account, in full' }),
    account: Flags.string({
      helpValue: 'NAME',
      summary: 'The account of that server, where you have several; - is the one without a name',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(CredentialKube);
    const credential = await kubeCredential(await this.context(), flags);
    this.respond(kubeJson(credential), () => presentKube(credential));
  }
}
