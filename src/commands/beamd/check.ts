import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags } from '../../cli/command/flags.ts';
import { checkJson, presentCheck } from '../../cli/present/whoami.ts';
import { checkConfig } from '../../services/beamd/check-api-key.ts';

export default class Check extends BaseCommand {
  static override hidden = true;
  static override summary = 'Ask the edge what the API key of a --config file is';
  static override examples = ['<%= config.bin %> --config app.yaml'];
  static override flags = accountFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Check);
    const result = await checkConfig(await this.context(), flags);
    this.respond(checkJson(result), (style) => presentCheck(result, style));
  }
}
