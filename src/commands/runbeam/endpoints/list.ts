import { GatewayPartsCommand } from '../../../cli/command/resources.ts';

export default class EndpointsList extends GatewayPartsCommand {
  static override summary = 'List where requests come in';
  static override examples = [
    '<%= config.bin %> endpoints:list',
    '<%= config.bin %> endpoints:list --gateway my-gateway',
    '<%= config.bin %> endpoints:list --all --json',
  ];

  protected override readonly kind = 'endpoints';
}
