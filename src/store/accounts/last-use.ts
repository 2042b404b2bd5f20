/**
 * When an account was last used, remembered as the time of an empty file. Setting that is one call to the system and leaves no
 * half-written file, and the account's own file stays as it is: its stamp tells one state of the account from the next.
 */
import { closeSync, constants, lstatSync, lutimesSync, openSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import { systemCode } from '../../errors.ts';
import { ensurePrivateFolder } from '../files/permissions.ts';
import { agentsFolder, lastUseFile, type Homes } from '../paths.ts';

/** Uses closer to each other than this are one, milliseconds: many ask for a token thousands of times a minute. */
const APART = 60_000;

/** When the account was last used, unix seconds, at worst a minute and a half too early. Undefined where nothing tells. */
export function lastUse(homes: Homes, key: string): number | undefined {
  const used = timeOf(lastUseFile(homes, key));
  return used === undefined ? undefined : Math.floor(Math.round(used) / 1000);
}

function timeOf(path: string): number | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true ? stats.mtimeMs : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers the uses of one account, with at most one write a minute. Where none can be made, the uses are forgotten. */
export class LastUse {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #makeFolder: () => void;
  #used: number | undefined;
  #written: number | undefined;

  /** `folder`: whether to make the folder of the agents, which an agent has made, and may have lost. */
  constructor(homes: Homes, key: string, clock: Clock, folder: 'made' | 'kept') {
    this.#path = lastUseFile(homes, key);
    this.#makeFolder = () => {
      if (folder === 'made') ensurePrivateFolder(agentsFolder(homes));
    };
    this.#clock = clock;
  }

  /** The account is used now. */
  note(): void {
    // What another process has written a moment ago counts.
    if (this.#used === undefined) this.#written = timeOf(this.#path);
    this.#used = this.#clock.now();
    this.saveIfOld();
  }

  /** Writes down the last use, unless another one was written less than a minute before. Never throws. */
  saveIfOld(): void {
    // A clock that was set back makes the earlier time the later one.
    if (this.#written === undefined || Math.abs(this.#clock.now() - this.#written) >= APART) this.save();
  }

  /** Writes down the last use, if that was not done yet. Never throws. */
  save(): void {
    const used = this.#used;
    if (used === undefined || used === this.#written) return;
    this.#written = used;
    try {
      this.#makeFolder();
      setTime(this.#path, used / 1000);
    } catch {
      // A home that is read-only or full: nothing depends on this.
    }
  }
}

/** A link in its place is not followed. Throws what the system says. */
function setTime(path: string, seconds: number): void {
  try {
    lutimesSync(path, seconds, seconds);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    closeSync(openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
    lutimesSync(path, seconds, seconds);
  }
}
