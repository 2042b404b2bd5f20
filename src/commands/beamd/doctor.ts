import { doctorFlags, DoctorCommand } from '../../cli/command/doctor.ts';
import { accountFlags } from '../../cli/command/flags.ts';

export default class Doctor extends DoctorCommand {
  static override summary = 'Look for what is wrong: files, agents, logins, the network';
  static override flags = { ...accountFlags, ...doctorFlags };

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    await this.examine('beamd', flags);
  }
}
