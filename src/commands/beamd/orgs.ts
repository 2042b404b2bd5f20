import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags, pagerFlag } from '../../cli/command/flags.ts';
import { orgsJson, presentOrgs } from '../../cli/present/orgs.ts';
import { orgs } from '../../services/beamd/orgs.ts';

export default class Orgs extends BaseCommand {
  static override aliases = ['scopes'];
  static override summary = 'List the orgs you can act for';
  static override description = '* marks the org that commands act for here.';
  static override examples = [
    '<%= config.bin %> orgs',
    '<%= config.bin %> orgs acme',
    '<%= config.bin %> orgs --refresh',
    '<%= config.bin %> orgs --json',
  ];
  static override args = {
    filter: Args.string({ ignoreStdin: true, name: 'FILTER', description: 'Only the orgs with this somewhere in the name' }),
  };
  static override flags = {
    ...accountFlags,
    ...pagerFlag,
    refresh: Flags.boolean({ default: false, summary: 'Ask the edge again' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Orgs);
    const result = await orgs(await this.context(), { ...flags, filter: args.filter });
    await this.respondAtLength(orgsJson(result), (style) => presentOrgs(result, style), !flags['no-pager']);
  }
}
