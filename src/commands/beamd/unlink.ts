import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { presentUnlink, unlinkJson } from '../../cli/present/project.ts';
import { unlink } from '../../services/beamd/unlink.ts';

export default class Unlink extends BaseCommand {
  static override summary = 'Take out what link pinned in this project';
  static override description =
    'Takes server, org and account out of .beamd and .beamd.local at the top of the git repository, or in the current folder ' +
    'outside of one. A file with nothing else in it is removed. It asks first.';
  static override examples = ['<%= config.bin %> unlink', '<%= config.bin %> unlink --local', '<%= config.bin %> unlink --force'];
  static override flags = {
    local: Flags.boolean({ default: false, summary: 'Only what is in .beamd.local, which is yours alone' }),
    force: Flags.boolean({ default: false, summary: 'Remove it without asking' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Unlink);
    const result = await unlink(await this.context(), flags);
    this.respond(unlinkJson(result), (style) => presentUnlink(result, style));
  }
}
