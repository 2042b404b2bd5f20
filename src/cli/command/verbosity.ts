/** `-q`, `-v` and their kin of `runbeam`: what they change. */
import type { Http } from '../../http.ts';
import { setVerbosity, verbosity, type Output } from '../output/output.ts';
import { takeVerbosity } from '../routing/argv.ts';
import type { Bin } from '../routing/manifest.ts';

/** The command line without the words that say how much to tell, which hold from here on. `beamd` has no such words. */
export function hearVerbosity(bin: Bin, argv: readonly string[]): readonly string[] {
  if (bin !== 'runbeam') return argv;
  const taken = takeVerbosity(argv);
  setVerbosity(taken.verbosity);
  return taken.argv;
}

/** Whether notes are left out: errors and what a login shows are not notes. */
export function isQuiet(): boolean {
  return verbosity() === 'quiet';
}

/** The client, telling of each request if that was asked for: where it went and what came of it, never a path or a token. */
export function telling(http: Http, output: Output): Http {
  const level = verbosity();
  if (level !== 'requests' && level !== 'frames') return http;
  return async (request) => {
    const { origin } = new URL(request.url);
    const method = request.method ?? 'GET';
    try {
      const answer = await http(request);
      output.note(`${method} ${origin}: ${String(answer.status)}`);
      return answer;
    } catch (error) {
      output.note(`${method} ${origin}: no answer`);
      throw error;
    }
  };
}
