import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { presentSetting } from '../../../cli/present/runbeam/basic.ts';
import { getConfig } from '../../../services/runbeam/config.ts';

export default class ConfigGet extends BaseCommand {
  static override summary = 'Show a setting, and where it comes from';
  static override description = 'RUNBEAM_API_URL goes first, then the config file, then https://api.runbeam.io.';
  static override examples = ['<%= config.bin %> config:get', '<%= config.bin %> config:get api-url'];
  static override args = { key: Args.string({ ignoreStdin: true, description: 'api_url' }) };

  async run(): Promise<void> {
    const { args } = await this.parse(ConfigGet);
    const setting = getConfig(await this.context(), args);
    this.respond(setting, (style) => presentSetting(setting, style));
  }
}
