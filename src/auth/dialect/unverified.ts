import * as v from 'valibot';
import { looseJson } from '../../loose-json.ts';

/**
 * A part of a JWT whose signature nobody has checked here, as `schema` wants it; undefined if it is none. For what is only
 * compared, or said by the server itself over TLS: never to be followed.
 */
export function unverifiedPart<const S extends v.GenericSchema>(
  part: string | undefined,
  schema: S,
): v.InferOutput<S> | undefined {
  const result = v.safeParse(schema, looseJson(Buffer.from(part ?? '', 'base64url').toString('utf8')));
  return result.success ? result.output : undefined;
}
