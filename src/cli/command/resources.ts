/** `KIND:list` and `KIND:get`, which are the same for every kind that Runbeam Cloud keeps. */
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {
  getResource,
  listResources,
  type Listed,
  type ListedKind,
  type ResourceKind,
} from '../../services/resources/collections.ts';
import { presentListed, listedJson, presentResource } from '../present/runbeam/resources.ts';
import type { Style } from '../output/style.ts';
import { BaseCommand } from './base-command.ts';
import { actingFlags, pagerFlag } from './flags.ts';

/** Which part of a list is shown, and who asks for it. The input of the services that list. */
export const partFlags = {
  ...actingFlags,
  ...pagerFlag,
  limit: Flags.integer({ char: 'L', min: 1, default: 30, helpValue: 'N', summary: 'How many at most' }),
  page: Flags.integer({ min: 1, default: 1, helpValue: 'N', summary: 'Which part; each has as many as --limit says' }),
  all: Flags.boolean({ default: false, summary: 'All of them', exclusive: ['page'] }),
};

/** A command that shows a part of a list, and says where it was cut. */
export abstract class PartCommand extends BaseCommand {
  protected async respondWithPart(
    listed: Listed<ListedKind | 'changes'>,
    flags: { 'page': number; 'no-pager': boolean },
  ): Promise<void> {
    const context = await this.context();
    const text = (style: Style): string => presentListed(listed, style, context.clock.now(), flags.page);
    await this.respondAtLength(listedJson(listed), text, !flags['no-pager']);
    if (!listed.more || this.wantsJson) return;
    context.notify(`There are more ${listed.kind}: --page ${flags.page + 1} shows the next, --all every one`);
  }
}

export abstract class ListCommand extends PartCommand {
  static override args = {
    filter: Args.string({
      ignoreStdin: true,
      name: 'FILTER',
      description: 'Only those with this somewhere in the name, the code or the id',
    }),
  };
  static override flags = partFlags;

  protected abstract readonly kind: ListedKind;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(this.ctor as typeof ListCommand);
    const gateway = (flags as { readonly gateway?: string }).gateway;
    const listed = await listResources(await this.context(), { ...flags, gateway, kind: this.kind, filter: args.filter });
    await this.respondWithPart(listed, flags);
  }
}

/** A list of what belongs to gateways. */
export abstract class GatewayPartsCommand extends ListCommand {
  static override flags = {
    ...ListCommand.flags,
    gateway: Flags.string({ char: 'g', helpValue: 'GATEWAY', summary: 'Only those of this gateway: its id, code or name' }),
  };
}

export abstract class GetCommand extends BaseCommand {
  static override args = {
    name: Args.string({
      ignoreStdin: true,
      name: 'NAME',
      required: true,
      description: 'Id, code or name, or the beginning of one',
    }),
  };

  static override flags = actingFlags;

  protected abstract readonly kind: ResourceKind;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(this.ctor as typeof GetCommand);
    const context = await this.context();
    const resource = await getResource(context, { ...args, ...flags, kind: this.kind });
    this.respond(resource, (style) => presentResource(resource, style, context.clock.now()));
  }
}
