import { GetCommand } from '../../../cli/command/resources.ts';

export default class ServicesGet extends GetCommand {
  static override summary = 'Show a service';
  static override examples = ['<%= config.bin %> services:get patients', '<%= config.bin %> services:get patients --json'];

  protected override readonly kind = 'services';
}
