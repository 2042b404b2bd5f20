/** Which program this is: its version, for which system, and what runs it. */
import { system } from '../platform/system.ts';
import { STANDALONE, VERSION } from '../programs.ts';

export interface ProgramVersion {
  readonly name: string;
  readonly version: string;
  /** System and processor: `linux-x64`. */
  readonly platform: string;
  /** `node-v20.20.2`, or `standalone`: an executable is of one piece, and there is no Node that could be another one. */
  readonly runtime: string;
}

export function programVersion(name: string): ProgramVersion {
  return {
    name,
    version: VERSION,
    platform: STANDALONE ?? `${system.platform}-${process.arch}`,
    runtime: STANDALONE === undefined ? `node-${process.version}` : 'standalone',
  };
}

/** All of it in a line: `beamd/0.1.0 linux-x64 node-v20.20.2`. */
export function versionLine({ name, version, platform, runtime }: ProgramVersion): string {
  return `${name}/${version} ${platform} ${runtime}`;
}
