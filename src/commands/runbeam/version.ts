import { BaseCommand } from '../../cli/command/base-command.ts';

import { programVersion, versionLine } from '../../services/version.ts';

export default class Version extends BaseCommand {
  static override summary = 'Print the version, the system it is for, and what runs it';
  static override examples = ['<%= config.bin %> version', '<%= config.bin %> version --json'];

  async run(): Promise<void> {
    await this.parse(Version);
    const version = programVersion('runbeam');
    this.respond(version, () => versionLine(version));
  }
}
