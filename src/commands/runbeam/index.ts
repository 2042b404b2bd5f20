import type { CommandLoaders } from '../../cli/routing/manifest.ts';

/** The commands of `runbeam`. A static map of imports, so that the bundler gives each command its own chunk. */
export const runbeamCommands: CommandLoaders = {
  'runbeam:list': () => import('./list.ts'),
  'runbeam:login': () => import('./login.ts'),
  'runbeam:logout': () => import('./logout.ts'),
  'runbeam:verify': () => import('./verify.ts'),
  'runbeam:test-browser': () => import('./test-browser.ts'),
  'runbeam:token:get': () => import('./token/get.ts'),
  'runbeam:config:set': () => import('./config/set.ts'),
  'runbeam:config:get': () => import('./config/get.ts'),
  'runbeam:config:unset': () => import('./config/unset.ts'),
  'runbeam:harmony:add': () => import('./harmony/add.ts'),
  'runbeam:harmony:list': () => import('./harmony/list.ts'),
  'runbeam:harmony:remove': () => import('./harmony/remove.ts'),
  'runbeam:harmony:info': () => import('./harmony/info.ts'),
  'runbeam:harmony:pipelines': () => import('./harmony/pipelines.ts'),
  'runbeam:harmony:routes': () => import('./harmony/routes.ts'),
  'runbeam:harmony:reload': () => import('./harmony/reload.ts'),
  'runbeam:harmony:update': () => import('./harmony/update.ts'),
  'runbeam:harmony:authorize': () => import('./harmony/authorize.ts'),
  'runbeam:harmony:set-key': () => import('./harmony/set-key.ts'),
  'runbeam:harmony:show-key': () => import('./harmony/show-key.ts'),
  'runbeam:harmony:delete-key': () => import('./harmony/delete-key.ts'),
  'runbeam:doctor': () => import('./doctor.ts'),
  'runbeam:completion': () => import('./completion.ts'),
  'runbeam:version': () => import('./version.ts'),
};
