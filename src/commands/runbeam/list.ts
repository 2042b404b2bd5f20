import { BaseCommand } from '../../cli/command/base-command.ts';
import { commandsOf, ownManifest } from '../../cli/routing/manifest.ts';
import { presentCommands } from '../../cli/present/runbeam/basic.ts';

export default class List extends BaseCommand {
  static override summary = 'List the commands of runbeam';
  static override examples = ['<%= config.bin %> list'];

  async run(): Promise<void> {
    await this.parse(List);
    const commands = [...commandsOf(ownManifest(), 'runbeam').values()]
      .filter((command) => !command.hidden)
      .map((command) => ({ id: command.id, summary: command.summary ?? '' }))
      .sort((a, b) => a.id.localeCompare(b.id, 'en'));
    this.respond({ commands }, (style) => presentCommands(commands, style));
  }
}
