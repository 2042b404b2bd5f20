/** The schema of what each command prints with `--json`, by command id. */
import type { GenericSchema } from 'valibot';
import { beamdSchemas } from '../src/cli/json/beamd.ts';
import { errorJson } from '../src/cli/json/error.ts';
import { authorizeSchema, machineTokenSchema } from '../src/cli/json/runbeam/authorize.ts';
import { browserSchema, commandListSchema, settingSchema } from '../src/cli/json/runbeam/basic.ts';
import { infoSchema, pipelinesSchema, reloadSchema, routesSchema, updateSchema } from '../src/cli/json/runbeam/gateway.ts';
import { instanceAnswerSchema, instanceListSchema, keySchema } from '../src/cli/json/runbeam/instances.ts';
import { loginSchema, logoutSchema, verifySchema } from '../src/cli/json/runbeam/session.ts';

/** Commands that print nothing of their own. */
export const WITHOUT_OUTPUT: ReadonlySet<string> = new Set(['beamd:exec']);

export const jsonSchemas: Readonly<Record<string, GenericSchema>> = {
  'error': errorJson,
  ...beamdSchemas,
  'runbeam:config:get': settingSchema,
  'runbeam:config:set': settingSchema,
  'runbeam:config:unset': settingSchema,
  'runbeam:harmony:add': instanceAnswerSchema,
  'runbeam:harmony:authorize': authorizeSchema,
  'runbeam:harmony:delete-key': instanceAnswerSchema,
  'runbeam:harmony:info': infoSchema,
  'runbeam:harmony:list': instanceListSchema,
  'runbeam:harmony:pipelines': pipelinesSchema,
  'runbeam:harmony:reload': reloadSchema,
  'runbeam:harmony:remove': instanceAnswerSchema,
  'runbeam:harmony:routes': routesSchema,
  'runbeam:harmony:set-key': keySchema,
  'runbeam:harmony:show-key': keySchema,
  'runbeam:harmony:update': updateSchema,
  'runbeam:list': commandListSchema,
  'runbeam:login': loginSchema,
  'runbeam:logout': logoutSchema,
  'runbeam:test-browser': browserSchema,
  'runbeam:token:get': machineTokenSchema,
  'runbeam:verify': verifySchema,
};
