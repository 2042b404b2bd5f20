import { GetCommand } from '../../../cli/command/resources.ts';

export default class TransformsGet extends GetCommand {
  static override summary = 'Show a transform';
  static override examples = ['<%= config.bin %> transforms:get trf_1', '<%= config.bin %> transforms:get trf_1 --json'];

  protected override readonly kind = 'transforms';
}
