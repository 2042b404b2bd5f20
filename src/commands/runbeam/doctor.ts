import { doctorFlags, DoctorCommand } from '../../cli/command/doctor.ts';

export default class Doctor extends DoctorCommand {
  static override summary = 'Look for what is wrong: files, the agent, the login, gateways, the network';
  static override flags = doctorFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    await this.examine('runbeam', flags);
  }
}
