import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { dockerJson, presentDocker } from '../../../cli/present/credential.ts';
import { dockerCredential } from '../../../services/credential/docker.ts';

export default class CredentialDocker extends BaseCommand {
  static override summary = 'Answer docker, podman and skopeo, as their credential helper';
  static override description =
    'They run this as `docker-credential-beamd`; `beamd setup docker` makes docker do so. It answers for the edges and control planes that you are logged in to, exactly by scheme, host and port, whatever .beamd, flags and variables say. It opens no browser, asks nothing, and takes three seconds at most. Trouble is said on standard output, as the protocol has it.';
  static override examples = [
    'echo edge.example.com | <%= config.bin %> credential docker get',
    '<%= config.bin %> credential docker list',
  ];
  static override args = {
    action: Args.string({ ignoreStdin: true, required: true, description: 'get, list, store, erase or version' }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(CredentialDocker);
    const context = await this.context();
    const answer = await dockerCredential(context, args.action, () => context.readStdin());
    if (answer.kind === 'refusal') this.exitWith(1);
    this.respond(dockerJson(answer), () => presentDocker(answer));
  }
}
