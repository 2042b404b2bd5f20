import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags } from '../../cli/command/flags.ts';
import { presentWhoami, whoamiJson } from '../../cli/present/whoami.ts';
import { whoami } from '../../services/beamd/whoami.ts';

export default class Whoami extends BaseCommand {
  static override summary = 'Show who acts here, and for which org';
  static override examples = ['<%= config.bin %> whoami', '<%= config.bin %> --config app.yaml whoami'];
  static override flags = accountFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Whoami);
    const result = await whoami(await this.context(), flags);
    this.respond(whoamiJson(result), (style) => presentWhoami(result, style));
  }
}
