import * as v from 'valibot';
import { BeamError } from '../errors.ts';
import type { HttpResponse } from '../http.ts';
import { printable } from '../text.ts';

/**
 * The answer's JSON as `schema` wants it. `what` names the document and the host: `token answer of edge.example.com`.
 * Throws `bad_answer` naming the field; nothing of the answer itself is in the message.
 */
export function parseJson<const S extends v.GenericSchema>(response: HttpResponse, schema: S, what: string): v.InferOutput<S> {
  const value = jsonOf(response);
  if (value === undefined) throw new BeamError('bad_answer', `The ${what} is not JSON`);
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue);
  const problem = field === null ? 'is not what was expected' : `has no usable field ${printable(field, 80)}`;
  throw new BeamError('bad_answer', `The ${what} ${problem}`);
}

/** The answer's JSON, or undefined when it is none: for places where that says something, like discovery. */
export function jsonOf(response: HttpResponse): unknown {
  try {
    const value: unknown = JSON.parse(response.text.replace(/^\ufeff/, ''));
    return value;
  } catch {
    return undefined;
  }
}
