/** Where everything of the standing sandbox is: for its page, for the terminal, and as variables for a shell. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BINS } from '../../src/cli/help/words.ts';
import type { TempHome } from '../testing/home.ts';
import { binCommand } from '../testing/run-bin.ts';
import type { Standing } from './servers.ts';

export interface Place {
  readonly what: string;
  readonly at: string;
}

export function placesOf({
  beamAuth,
  manyOrgs,
  apart,
  apartEdge,
  oauth,
  selfHosted,
  cloud,
  harmony,
  oldHarmony,
}: Standing): Place[] {
  return [
    { what: 'hosted edge', at: beamAuth.origin },
    { what: 'its control plane', at: beamAuth.controlPlane },
    { what: 'hosted edge with 500 orgs', at: manyOrgs.origin },
    { what: 'control plane of an edge elsewhere', at: apart.origin },
    { what: 'that edge', at: apartEdge.origin },
    { what: 'OAuth edge', at: oauth.origin },
    { what: 'self-hosted edge', at: selfHosted.origin },
    { what: 'Runbeam Cloud', at: cloud.origin },
    { what: 'Harmony gateway, 0.12', at: `${harmony.origin}/${harmony.prefix}` },
    { what: 'Harmony gateway, 0.4', at: `${oldHarmony.origin}/${oldHarmony.prefix}` },
  ];
}

export interface Files {
  /** What a shell reads to have all of it. */
  readonly env: string;
  /** With an API key, as CI has one. */
  readonly appConfig: string;
  /** The token of the self-hosted edge. */
  readonly tokenFile: string;
}

/** Secrets stand in files, not on the screen. A shell that has read `env` finds both programs, and every server by a name. `panel`: the page of the faults. */
export function writeFiles(servers: Standing, panel: string, { path, homes }: TempHome): Files {
  const { beamAuth, manyOrgs, apart, oauth, selfHosted, cloud, harmony, oldHarmony } = servers;
  const files = { env: join(path, 'env'), appConfig: join(path, 'app.yaml'), tokenFile: join(path, 'edge-token') };
  writeFileSync(files.appConfig, `server: ${beamAuth.origin}\ntoken: ${beamAuth.apiKey}\n`, { mode: 0o600 });
  writeFileSync(files.tokenFile, selfHosted.token, { mode: 0o600 });
  const bin = join(path, 'bin');
  mkdirSync(bin);
  for (const name of BINS) {
    const command = binCommand(name).map(quoted).join(' ');
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  }
  const variables = {
    BEAMD_HOME: homes.beamd,
    RUNBEAM_HOME: homes.runbeam,
    RUNBEAM_API_URL: cloud.origin,
    BEAMD_DEFAULT_HOST: beamAuth.controlPlane,
    MANY_ORGS: manyOrgs.origin,
    APART: apart.origin,
    OAUTH: oauth.origin,
    SELF_HOSTED: selfHosted.origin,
    GATEWAY: harmony.origin,
    OLD_GATEWAY: oldHarmony.origin,
    APP_CONFIG: files.appConfig,
    TOKEN_FILE: files.tokenFile,
    SANDBOX: panel,
  };
  writeFileSync(files.env, linesOf(variables, bin));
  return files;
}

function linesOf(variables: Readonly<Record<string, string>>, bin: string): string {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return [...lines, `export PATH=${quoted(bin)}:"$PATH"`, ''].join('\n');
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
