/** What differs between gateways: as their documents have it, and as the versions that were looked at really are. */

export type HarmonyVersion = '0.4' | '0.12';

export interface Traits {
  /** What `/info` says. */
  readonly version: string;
  /** There are `/token` and `/update`. */
  readonly takesTokens: boolean;
  /** There is `/api/reload`; without it a changed config.toml counts at once. */
  readonly reloads: boolean;
  /** `uptime` is the time of day in Unix seconds. */
  readonly uptimeIsTime: boolean;
  /** Which member `/authorize` cannot do without. */
  readonly authorizeBy: 'gateway_code' | 'gateway_id';
  /** A token is taken also while the integration is off. */
  readonly takesWhileDisabled: boolean;
  /** A key that was sent is kept in memory alone. */
  readonly keyInMemory: boolean;
  /** Pipelines have `middleware_left` and `middleware_right`. */
  readonly sidedMiddleware: boolean;
}

const DOCUMENTED: Traits = {
  version: '0.9.0',
  takesTokens: true,
  reloads: true,
  uptimeIsTime: false,
  authorizeBy: 'gateway_code',
  takesWhileDisabled: false,
  keyInMemory: false,
  sidedMiddleware: false,
};

const LOOKED_AT: Readonly<Record<HarmonyVersion, Traits>> = {
  '0.4': { ...DOCUMENTED, version: '0.4.0', takesTokens: false, reloads: false, uptimeIsTime: true },
  '0.12': {
    ...DOCUMENTED,
    version: '0.12.0',
    reloads: false,
    uptimeIsTime: true,
    authorizeBy: 'gateway_id',
    takesWhileDisabled: true,
    keyInMemory: true,
    sidedMiddleware: true,
  },
};

export function traitsOf(version: HarmonyVersion | undefined): Traits {
  return version === undefined ? DOCUMENTED : LOOKED_AT[version];
}
