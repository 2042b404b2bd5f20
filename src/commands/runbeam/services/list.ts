import { GatewayPartsCommand } from '../../../cli/command/resources.ts';

export default class ServicesList extends GatewayPartsCommand {
  static override summary = 'List the services behind your gateways';
  static override examples = [
    '<%= config.bin %> services:list',
    '<%= config.bin %> services:list --gateway my-gateway',
    '<%= config.bin %> services:list --all --json',
  ];

  protected override readonly kind = 'services';
}
