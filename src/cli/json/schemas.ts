/** The schema of what each command prints with `--json`. Loaded by the generator and by tests only. */
import * as v from 'valibot';
import { accountsSchema, switchSchema } from './accounts.ts';
import {
  agentEnvSchema,
  agentForwardSchema,
  agentLockSchema,
  agentLogLineSchema,
  agentLogSchema,
  agentStartSchema,
  agentStatusSchema,
  agentStopSchema,
  agentTopSchema,
  allAgentsSchema,
  allStoppedSchema,
} from './agent.ts';
import { completionSchema, versionSchema } from './basic.ts';
import { dockerCredentialSchema, gitCredentialSchema, kubeCredentialSchema, setupSchema } from './credential.ts';
import { doctorSchema, pinCheckSchema } from './doctor.ts';
import { begunLoginSchema, loginSchema, logoutSchema } from './login.ts';
import { defaultSchema, orgsSchema } from './orgs.ts';
import { linkSchema, tokenSchema, unlinkSchema } from './project.ts';
import { authorizeSchema, machineTokenSchema } from './runbeam/authorize.ts';
import { fleetPlanSchema } from './runbeam/fleet-plan.ts';
import { fleetLineSchema, fleetSchema } from './runbeam/fleet.ts';
import { browserSchema, commandListSchema, settingSchema } from './runbeam/basic.ts';
import { exportSchema, renewedToSchema } from './runbeam/export.ts';
import {
  harmonyInfoSchema,
  harmonyPipelinesSchema,
  harmonyReloadSchema,
  harmonyRoutesSchema,
  harmonyUpdateSchema,
} from './runbeam/gateway.ts';
import {
  instanceAnswerSchema,
  removedSchema,
  instanceListSchema,
  keySchema,
  registeredSchema,
  rotatedKeySchema,
} from './runbeam/instances.ts';
import {
  acknowledgedSchema,
  backendsSchema,
  changeOutcomeSchema,
  changesSchema,
  endpointsSchema,
  gatewaysSchema,
  meshTokenSchema,
  pipelinesSchema,
  resolutionSchema,
  resourceSchema,
  servicesSchema,
} from './runbeam/resources.ts';
import { runbeamLoginSchema, runbeamLogoutSchema, verifySchema } from './runbeam/session.ts';
import { renewLineSchema, renewSchema } from './runbeam/renewals.ts';
import { revokeSchema, tokensSchema } from './runbeam/tokens.ts';
import { checkSchema, statusSchema, whoamiSchema } from './status.ts';
import { whySchema } from './why.ts';

/** By command id. `exec` prints nothing itself. */
export const commandSchemas = {
  'beamd:accounts': accountsSchema,
  'beamd:agent:env': agentEnvSchema,
  'beamd:agent:forward': agentForwardSchema,
  'beamd:agent:lock': agentLockSchema,
  'beamd:agent:log': agentLogSchema,
  'beamd:agent:start': agentStartSchema,
  'beamd:agent:status': v.union([agentStatusSchema, allAgentsSchema]),
  'beamd:agent:stop': v.union([agentStopSchema, allStoppedSchema]),
  'beamd:agent:top': agentTopSchema,
  'beamd:agent:unlock': agentLockSchema,
  'beamd:check': checkSchema,
  'beamd:completion': completionSchema,
  'beamd:credential:docker': dockerCredentialSchema,
  'beamd:credential:git': gitCredentialSchema,
  'beamd:credential:kube': kubeCredentialSchema,
  'beamd:default': defaultSchema,
  'beamd:doctor': doctorSchema,
  'beamd:link': linkSchema,
  'beamd:unlink': unlinkSchema,
  'beamd:login': v.union([loginSchema, begunLoginSchema]),
  'beamd:logout': logoutSchema,
  'beamd:orgs': orgsSchema,
  'beamd:pin:check': pinCheckSchema,
  'beamd:setup:docker': setupSchema,
  'beamd:setup:git': setupSchema,
  'beamd:setup:kube': setupSchema,
  'beamd:status': statusSchema,
  'beamd:switch': switchSchema,
  'beamd:token': tokenSchema,
  'beamd:version': versionSchema,
  'beamd:whoami': whoamiSchema,
  'beamd:why': whySchema,
  'runbeam:backends:get': resourceSchema,
  'runbeam:backends:list': backendsSchema,
  'runbeam:endpoints:get': resourceSchema,
  'runbeam:endpoints:list': endpointsSchema,
  'runbeam:gateways:get': resourceSchema,
  'runbeam:gateways:list': gatewaysSchema,
  'runbeam:pipelines:get': resourceSchema,
  'runbeam:pipelines:list': pipelinesSchema,
  'runbeam:services:get': resourceSchema,
  'runbeam:services:list': servicesSchema,
  'runbeam:transforms:get': resourceSchema,
  'runbeam:changes:ack': acknowledgedSchema,
  'runbeam:changes:applied': changeOutcomeSchema,
  'runbeam:changes:failed': changeOutcomeSchema,
  'runbeam:changes:get': resourceSchema,
  'runbeam:changes:list': changesSchema,
  'runbeam:harmony:mesh-token': meshTokenSchema,
  'runbeam:harmony:resolve': resolutionSchema,
  'runbeam:completion': completionSchema,
  'runbeam:config:get': settingSchema,
  'runbeam:config:set': settingSchema,
  'runbeam:config:unset': settingSchema,
  'runbeam:doctor': doctorSchema,
  'runbeam:harmony:add': registeredSchema,
  'runbeam:harmony:authorize': v.union([authorizeSchema, fleetSchema, fleetPlanSchema]),
  'runbeam:harmony:delete-key': instanceAnswerSchema,
  'runbeam:harmony:edit': registeredSchema,
  'runbeam:harmony:export': exportSchema,
  'runbeam:harmony:info': harmonyInfoSchema,
  'runbeam:harmony:list': instanceListSchema,
  'runbeam:harmony:pipelines': harmonyPipelinesSchema,
  'runbeam:harmony:reload': harmonyReloadSchema,
  'runbeam:harmony:remove': removedSchema,
  'runbeam:harmony:routes': harmonyRoutesSchema,
  'runbeam:harmony:rotate-key': rotatedKeySchema,
  'runbeam:harmony:set-key': keySchema,
  'runbeam:harmony:show-key': keySchema,
  'runbeam:harmony:status': instanceListSchema,
  'runbeam:harmony:renew': v.union([renewSchema, renewedToSchema]),
  'runbeam:harmony:revoke': revokeSchema,
  'runbeam:harmony:tokens': tokensSchema,
  'runbeam:harmony:update': harmonyUpdateSchema,
  'runbeam:list': commandListSchema,
  'runbeam:login': v.union([runbeamLoginSchema, begunLoginSchema]),
  'runbeam:logout': runbeamLogoutSchema,
  'runbeam:test-browser': browserSchema,
  'runbeam:token:get': machineTokenSchema,
  'runbeam:verify': verifySchema,
  'runbeam:version': versionSchema,
};

/** What each line of `--jsonl` is, by the id of the command that follows something. */
export const lineSchemas = {
  'beamd:agent:log': agentLogLineSchema,
  'beamd:agent:top': agentTopSchema,
  'runbeam:harmony:authorize': fleetLineSchema,
  'runbeam:harmony:renew': renewLineSchema,
};
