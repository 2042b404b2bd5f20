import { GetCommand } from '../../../cli/command/resources.ts';

export default class GatewaysGet extends GetCommand {
  static override summary = 'Show a gateway';
  static override examples = ['<%= config.bin %> gateways:get my-gateway', '<%= config.bin %> gateways:get my-gateway --json'];

  protected override readonly kind = 'gateways';
}
