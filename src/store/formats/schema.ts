/** Checks of documents from disk, in errors that name the file and the field and never the value. Cold code only. */
import * as v from 'valibot';
import { BeamError, type ErrorCode } from '../../errors.ts';

/** A text that says something. A number has to be quoted: `007` would come back as 7. */
export const text = v.pipe(v.string(), v.nonEmpty());
export const seconds = v.pipe(v.number(), v.finite());

/** Parses a value from a file. Throws `code` naming the file and the first field that is wrong. */
export function check<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  path: string,
  code: ErrorCode = 'bad_file',
): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const field = v.getDotPath(result.issues[0]);
  const missing = result.issues[0].input === undefined;
  const what = field === null ? 'does not have the expected form' : `${missing ? 'lacks' : 'has a wrong'} \`${field}\``;
  throw new BeamError(code, `${path} ${what}`, { hint: { text: `Correct ${path}` } });
}
