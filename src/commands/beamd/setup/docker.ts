import { BaseCommand } from '../../../cli/command/base-command.ts';
import { setupFlags } from '../../../cli/command/flags.ts';
import { presentSetup, setupJson } from '../../../cli/present/setup.ts';
import { setUp } from '../../../services/setup/setup.ts';

export default class SetupDocker extends BaseCommand {
  static override summary = 'Make docker ask beamd for its tokens';
  static override description =
    'Sets `credHelpers` in the config.json of docker, for this edge alone; podman and skopeo read it, too. It is shown first, and written after a yes. A helper that is there for it already is never replaced.';
  static override examples = ['<%= config.bin %> setup docker', '<%= config.bin %> setup docker --undo'];
  static override flags = setupFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(SetupDocker);
    const result = await setUp(await this.context(), { ...flags, program: 'docker' });
    this.respond(setupJson(result), (style) => presentSetup(result, style));
  }
}
