import { BaseCommand } from '../../../cli/command/base-command.ts';
import { setupFlags } from '../../../cli/command/flags.ts';
import { presentSetup, setupJson } from '../../../cli/present/setup.ts';
import { setUp } from '../../../services/setup/setup.ts';

export default class SetupGit extends BaseCommand {
  static override summary = 'Make git ask beamd for its tokens';
  static override description =
    'Sets `credential.https://EDGE.helper` in your own settings of git, for this edge alone, with an empty line before it that takes other helpers out of the way there. It is shown first, and written after a yes.';
  static override examples = ['<%= config.bin %> setup git', '<%= config.bin %> setup git --undo'];
  static override flags = setupFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(SetupGit);
    const result = await setUp(await this.context(), { ...flags, program: 'git' });
    this.respond(setupJson(result), (style) => presentSetup(result, style));
  }
}
