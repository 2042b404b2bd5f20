import type { CommandLoaders } from '../../cli/routing/manifest.ts';

/** The commands of `beamd`. A static map of imports, so that the bundler gives each command its own chunk. */
export const beamdCommands: CommandLoaders = {
  'beamd:login': () => import('./login.ts'),
  'beamd:logout': () => import('./logout.ts'),
  'beamd:orgs': () => import('./orgs.ts'),
  'beamd:default': () => import('./default.ts'),
  'beamd:accounts': () => import('./accounts.ts'),
  'beamd:switch': () => import('./switch.ts'),
  'beamd:whoami': () => import('./whoami.ts'),
  'beamd:status': () => import('./status.ts'),
  'beamd:why': () => import('./why.ts'),
  'beamd:link': () => import('./link.ts'),
  'beamd:unlink': () => import('./unlink.ts'),
  'beamd:token': () => import('./token.ts'),
  'beamd:exec': () => import('./exec.ts'),
  'beamd:check': () => import('./check.ts'),
  'beamd:agent:start': () => import('./agent/start.ts'),
  'beamd:agent:stop': () => import('./agent/stop.ts'),
  'beamd:agent:status': () => import('./agent/status.ts'),
  'beamd:agent:log': () => import('./agent/log.ts'),
  'beamd:agent:lock': () => import('./agent/lock.ts'),
  'beamd:agent:unlock': () => import('./agent/unlock.ts'),
  'beamd:pin:check': () => import('./pin/check.ts'),
  'beamd:doctor': () => import('./doctor.ts'),
  'beamd:completion': () => import('./completion.ts'),
  'beamd:version': () => import('./version.ts'),
};
