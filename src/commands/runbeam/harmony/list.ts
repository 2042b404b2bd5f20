import { BaseCommand } from '../../../cli/command/base-command.ts';
import { instanceListJson, presentInstances } from '../../../cli/present/runbeam/instances.ts';
import { allInstances } from '../../../services/runbeam/instances.ts';

export default class HarmonyList extends BaseCommand {
  static override summary = 'List the registered Harmony instances';
  static override examples = ['<%= config.bin %> harmony:list'];

  async run(): Promise<void> {
    await this.parse(HarmonyList);
    const instances = allInstances(await this.context());
    this.respond(instanceListJson(instances), (style) => presentInstances(instances, style));
  }
}
