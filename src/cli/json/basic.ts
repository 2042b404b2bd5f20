/** What `version` and `completion` of both bins print with `--json`. */
import * as v from 'valibot';

export const versionSchema = v.object({
  name: v.picklist(['beamd', 'runbeam']),
  version: v.string(),
  /** System and processor. */
  platform: v.string(),
  /** `node-v20.20.2`, or `standalone`. */
  runtime: v.string(),
});

export const completionSchema = v.object({
  shell: v.picklist(['bash', 'zsh', 'fish']),
  /** What the shell sources. */
  script: v.string(),
});
