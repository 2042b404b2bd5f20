import { GatewayPartsCommand } from '../../../cli/command/resources.ts';

export default class BackendsList extends GatewayPartsCommand {
  static override summary = 'List where requests go';
  static override examples = [
    '<%= config.bin %> backends:list',
    '<%= config.bin %> backends:list --gateway my-gateway',
    '<%= config.bin %> backends:list --all --json',
  ];

  protected override readonly kind = 'backends';
}
