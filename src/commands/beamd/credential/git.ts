import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { gitJson, presentGit } from '../../../cli/present/credential.ts';
import { gitCredential } from '../../../services/credential/git.ts';

export default class CredentialGit extends BaseCommand {
  static override summary = 'Answer git, as its credential helper';
  static override description =
    'git runs this, also as `git-credential-beamd`; `beamd setup git` makes it do so. It answers for the edges and control planes that you are logged in to, exactly by scheme, host and port, whatever .beamd, flags and variables say. It opens no browser, asks nothing, and takes three seconds at most.';
  static override examples = ["printf 'protocol=https\\nhost=edge.example.com\\n' | <%= config.bin %> credential git get"];
  static override args = {
    operation: Args.string({ ignoreStdin: true, required: true, description: 'get, or erase for a token that was refused' }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(CredentialGit);
    const context = await this.context();
    const answer = await gitCredential(context, args.operation, () => context.readStdin('empty-line'));
    this.respond(gitJson(answer), () => presentGit(answer));
  }
}
