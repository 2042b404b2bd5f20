import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { completionFor, SHELLS } from '../../cli/complete/scripts.ts';

export default class Completion extends BaseCommand {
  static override summary = 'Print what a shell sources to complete commands, flags and names';
  static override description = 'Packages bring these files along. Without one: `eval "$(runbeam completion bash)"`.';
  static override examples = [
    '<%= config.bin %> completion bash > ~/.local/share/bash-completion/completions/runbeam',
    '<%= config.bin %> completion zsh > ~/.zfunc/_runbeam',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/runbeam.fish',
  ];
  static override args = {
    shell: Args.string({ ignoreStdin: true, required: true, options: [...SHELLS], description: 'bash, zsh or fish' }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    const completion = completionFor('runbeam', args.shell);
    this.respond(completion, () => completion.script.trimEnd());
  }
}
