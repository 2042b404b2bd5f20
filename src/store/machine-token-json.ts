import type { MachineToken } from './types.ts';

/** A machine token as CONTRACTS section 4 stores it and as `RUNBEAM_MACHINE_TOKEN` takes it. */
export interface MachineTokenJson {
  machine_token: string;
  /** RFC 3339. */
  expires_at: string;
  gateway_id: string;
  gateway_code?: string;
  abilities: string[];
  issued_at?: string;
}

/** The JSON form. It reveals the token. */
export function machineTokenJson(token: MachineToken): MachineTokenJson {
  return {
    machine_token: token.machineToken.reveal(),
    expires_at: token.expiresAt,
    gateway_id: token.gatewayId,
    ...(token.gatewayCode === undefined ? {} : { gateway_code: token.gatewayCode }),
    abilities: [...token.abilities],
    ...(token.issuedAt === undefined ? {} : { issued_at: token.issuedAt }),
  };
}
