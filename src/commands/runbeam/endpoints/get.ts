import { GetCommand } from '../../../cli/command/resources.ts';

export default class EndpointsGet extends GetCommand {
  static override summary = 'Show an endpoint';
  static override examples = [
    '<%= config.bin %> endpoints:get patient-api',
    '<%= config.bin %> endpoints:get patient-api --json',
  ];

  protected override readonly kind = 'endpoints';
}
