import { BaseCommand } from '../../../cli/command/base-command.ts';
import { pagerFlag } from '../../../cli/command/flags.ts';
import { instanceListJson, presentInstances } from '../../../cli/present/runbeam/instances.ts';
import { listInstances } from '../../../store/instances/instances.ts';

export default class HarmonyList extends BaseCommand {
  static override summary = 'List the registered Harmony instances';
  static override examples = ['<%= config.bin %> harmony:list'];
  static override flags = pagerFlag;

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyList);
    const { homes } = await this.context();
    const instances = listInstances(homes);
    await this.respondAtLength(instanceListJson(instances), (style) => presentInstances(instances, style), !flags['no-pager']);
  }
}
