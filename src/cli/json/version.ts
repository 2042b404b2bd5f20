/** What `version` of both bins prints with `--json`. */
import * as v from 'valibot';

export const versionSchema = v.object({
  name: v.picklist(['beamd', 'runbeam']),
  version: v.string(),
  /** System and processor. */
  platform: v.string(),
  /** `node-v20.20.2`, or `standalone`. */
  runtime: v.string(),
});
