import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags } from '../../cli/command/flags.ts';
import { linkJson, presentLink } from '../../cli/present/project.ts';
import { link } from '../../services/beamd/link.ts';

export default class Link extends BaseCommand {
  static override summary = 'Pin this project to an edge and an org';
  static override description =
    'Writes .beamd at the top of the git repository, or in the current folder outside of one. The file holds no secret. ' +
    'Your personal org is written only with --scope or a yes, and what is pinned there is replaced only with a yes or --force.';
  static override examples = ['<%= config.bin %> link', '<%= config.bin %> link --scope acme', '<%= config.bin %> link --local'];
  static override flags = {
    ...accountFlags,
    local: Flags.boolean({ default: false, summary: 'Write .beamd.local, which is yours alone and overlays .beamd' }),
    force: Flags.boolean({ default: false, summary: 'Replace what is pinned there without asking' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Link);
    const result = await link(await this.context(), flags);
    this.respond(linkJson(result), (style) => presentLink(result, style));
  }
}
