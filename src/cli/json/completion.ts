/** What `completion` of both bins prints with `--json`. */
import * as v from 'valibot';

export const completionSchema = v.object({
  shell: v.picklist(['bash', 'zsh', 'fish']),
  /** What the shell sources. */
  script: v.string(),
});
