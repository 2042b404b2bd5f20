import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { presentChanged } from '../../../cli/present/runbeam/basic.ts';
import { setConfig } from '../../../services/runbeam/config.ts';

export default class ConfigSet extends BaseCommand {
  static override summary = 'Store a setting';
  static override description = 'An API URL is https; plain http is for this machine only.';
  static override examples = ['<%= config.bin %> config:set api-url https://api.runbeam.io'];
  static override args = {
    key: Args.string({ ignoreStdin: true, description: 'api_url', required: true }),
    value: Args.string({ ignoreStdin: true, description: 'Base URL of Runbeam Cloud', required: true }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(ConfigSet);
    const setting = await setConfig(await this.context(), args);
    this.respond(setting, (style) => presentChanged(setting, style));
  }
}
