import { BaseCommand } from '../../cli/command/base-command.ts';
import { presentBrowser } from '../../cli/present/runbeam/basic.ts';
import { testBrowser } from '../../services/runbeam/config.ts';

export default class TestBrowser extends BaseCommand {
  static override summary = 'Try to open a browser, as login does';
  static override examples = ['<%= config.bin %> test-browser'];

  async run(): Promise<void> {
    await this.parse(TestBrowser);
    const answer = await testBrowser(await this.context());
    this.respond(answer, (style) => presentBrowser(answer, style));
  }
}
