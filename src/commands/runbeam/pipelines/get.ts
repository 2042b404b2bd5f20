import { GetCommand } from '../../../cli/command/resources.ts';

export default class PipelinesGet extends GetCommand {
  static override summary = 'Show a pipeline';
  static override examples = ['<%= config.bin %> pipelines:get patients', '<%= config.bin %> pipelines:get patients --json'];

  protected override readonly kind = 'pipelines';
}
