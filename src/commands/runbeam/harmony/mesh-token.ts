import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { actingFlags } from '../../../cli/command/flags.ts';
import { meshTokenJson } from '../../../cli/present/runbeam/resources.ts';
import { meshToken } from '../../../services/resources/mesh.ts';

export default class HarmonyMeshToken extends BaseCommand {
  static override summary = 'Print a token for a request within a mesh';
  static override description = 'It is printed and kept nowhere. --json adds when it expires.';
  static override examples = ['<%= config.bin %> harmony:mesh-token mesh_1 https://other.example.com/patients'];
  static override args = {
    mesh: Args.string({ ignoreStdin: true, name: 'MESH', required: true, description: 'Id of the mesh' }),
    url: Args.string({ ignoreStdin: true, name: 'URL', required: true, description: 'Where the request goes' }),
  };
  static override flags = actingFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(HarmonyMeshToken);
    const found = await meshToken(await this.context(), { ...flags, meshId: args.mesh, destinationUrl: args.url });
    this.respond(meshTokenJson(found), () => found.token.reveal());
  }
}
