import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags } from '../../cli/command/flags.ts';
import { completionFor, SHELLS } from '../../cli/complete/scripts.ts';

export default class Completion extends BaseCommand {
  static override summary = 'Print what a shell sources to complete commands, flags and names';
  static override description = 'Packages bring these files along. Without one: `eval "$(beamd completion bash)"`.';
  static override examples = [
    '<%= config.bin %> completion bash > ~/.local/share/bash-completion/completions/beamd',
    '<%= config.bin %> completion zsh > ~/.zfunc/_beamd',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/beamd.fish',
  ];
  static override args = {
    shell: Args.string({ ignoreStdin: true, required: true, options: [...SHELLS], description: 'bash, zsh or fish' }),
  };
  static override flags = accountFlags;

  async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    const completion = completionFor('beamd', args.shell);
    this.respond(completion, () => completion.script.trimEnd());
  }
}
