import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { presentChanged } from '../../../cli/present/runbeam/basic.ts';
import { unsetConfig } from '../../../services/runbeam/config.ts';

export default class ConfigUnset extends BaseCommand {
  static override summary = 'Remove a setting, and show what holds without it';
  static override examples = ['<%= config.bin %> config:unset api-url'];
  static override args = { key: Args.string({ ignoreStdin: true, description: 'api_url', required: true }) };

  async run(): Promise<void> {
    const { args } = await this.parse(ConfigUnset);
    const setting = await unsetConfig(await this.context(), args);
    this.respond(setting, (style) => presentChanged(setting, style));
  }
}
