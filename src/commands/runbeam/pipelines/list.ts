import { GatewayPartsCommand } from '../../../cli/command/resources.ts';

export default class PipelinesList extends GatewayPartsCommand {
  static override summary = 'List the ways from endpoints to backends';
  static override examples = [
    '<%= config.bin %> pipelines:list',
    '<%= config.bin %> pipelines:list --gateway my-gateway',
    '<%= config.bin %> pipelines:list --all --json',
  ];

  protected override readonly kind = 'pipelines';
}
