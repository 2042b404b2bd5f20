/** The schema of what each `beamd` command prints with `--json`. Loaded by the generator and by tests only. */
import { accountsJson, switchJson } from './accounts.ts';
import { agentLockJson, agentLogJson, agentStartJson, agentStatusJson, agentStopJson } from './agent.ts';
import { loginJson, logoutJson } from './login.ts';
import { defaultJson, orgsJson } from './orgs.ts';
import { linkJson, tokenJson } from './project.ts';
import { checkJson, statusJson, whoamiJson } from './status.ts';

/** By command id. `exec` prints nothing itself. */
export const beamdSchemas = {
  'beamd:accounts': accountsJson,
  'beamd:agent:lock': agentLockJson,
  'beamd:agent:log': agentLogJson,
  'beamd:agent:start': agentStartJson,
  'beamd:agent:status': agentStatusJson,
  'beamd:agent:stop': agentStopJson,
  'beamd:agent:unlock': agentLockJson,
  'beamd:check': checkJson,
  'beamd:default': defaultJson,
  'beamd:link': linkJson,
  'beamd:login': loginJson,
  'beamd:logout': logoutJson,
  'beamd:orgs': orgsJson,
  'beamd:status': statusJson,
  'beamd:switch': switchJson,
  'beamd:token': tokenJson,
  'beamd:whoami': whoamiJson,
};
