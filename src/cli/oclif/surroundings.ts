/**
 * Stands in for what oclif finds out of its surroundings (its `util/os`): it asks the system who this user is, and fails
 * where the system does not know, as in a container. Nothing of ours uses the answers.
 */
import { system } from '../../platform/system.ts';
import { userHome } from '../../store/paths.ts';

export function getHomeDir(): string {
  return userHome();
}

export function getPlatform(): Promise<string> {
  return Promise.resolve(system.platform);
}

export function getShell(): Promise<string> {
  return Promise.resolve('unknown');
}
