import { BaseCommand, jsonText } from '../../../cli/base-command.ts';
import { instanceListJson, presentInstances } from '../../../cli/present/runbeam/instances.ts';
import { allInstances, renderInstances } from '../../../services/runbeam/instances.ts';

export default class HarmonyList extends BaseCommand {
  static override summary = 'List the registered Harmony instances';
  static override examples = ['<%= config.bin %> harmony:list'];

  async run(): Promise<void> {
    await this.parse(HarmonyList);
    const context = await this.context();
    const { style } = this.output;
    if (this.wantsJson) this.output.result(renderInstances(context, 'json', (all) => jsonText(instanceListJson(all))));
    else if (style.colour) this.output.result(presentInstances(allInstances(context), style));
    else this.output.result(renderInstances(context, 'txt', (all) => presentInstances(all, style)));
  }
}
