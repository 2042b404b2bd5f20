import { BaseCommand } from '../../../cli/command/base-command.ts';
import { instanceListJson, presentInstances } from '../../../cli/present/runbeam/instances.ts';
import { listInstances } from '../../../store/instances/instances.ts';

export default class HarmonyList extends BaseCommand {
  static override summary = 'List the registered Harmony instances';
  static override examples = ['<%= config.bin %> harmony:list'];

  async run(): Promise<void> {
    await this.parse(HarmonyList);
    const { homes } = await this.context();
    const instances = listInstances(homes);
    this.respond(instanceListJson(instances), (style) => presentInstances(instances, style));
  }
}
