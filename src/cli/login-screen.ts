import type { LoginScreen } from '../services/beamd/login-types.ts';
import type { Output } from './output.ts';
import { presentDevice } from './present/login.ts';
import { startSpinner } from './spinner.ts';

/** The screen of a device login: everything on stderr, a spinner where somebody watches. */
export function loginScreen(output: Output): LoginScreen {
  return {
    show: (login) => output.note(presentDevice(login, output.errorStyle)),
    wait: async (line) => {
      const spinner = await startSpinner(output, line);
      return () => spinner.stop();
    },
  };
}
