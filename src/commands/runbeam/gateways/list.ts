import { ListCommand } from '../../../cli/command/resources.ts';

export default class GatewaysList extends ListCommand {
  static override summary = 'List the gateways of your team';
  static override examples = [
    '<%= config.bin %> gateways:list',
    '<%= config.bin %> gateways:list prod',
    '<%= config.bin %> gateways:list --all --json',
  ];

  protected override readonly kind = 'gateways';
}
