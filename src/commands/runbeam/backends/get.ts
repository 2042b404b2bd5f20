import { GetCommand } from '../../../cli/command/resources.ts';

export default class BackendsGet extends GetCommand {
  static override summary = 'Show a backend';
  static override examples = ['<%= config.bin %> backends:get ehr', '<%= config.bin %> backends:get ehr --json'];

  protected override readonly kind = 'backends';
}
