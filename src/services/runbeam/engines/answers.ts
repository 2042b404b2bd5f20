/** What clients of engines print, parsed where it comes in. */
import * as v from 'valibot';
import { BeamError } from '../../../errors.ts';
import { looseJson } from '../../../loose-json.ts';

/** Undefined: it is no JSON, or of another shape. */
export function parseAnswer<const S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> | undefined {
  const parsed = v.safeParse(schema, looseJson(text));
  return parsed.success ? parsed.output : undefined;
}

/** Fields of a secret. One that is no text is somebody else's, and writing it back would change it. Throws `bad_answer`. */
export function textFields(fields: Readonly<Record<string, unknown>>, name: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => {
      if (typeof value === 'string') return [field, value];
      throw new BeamError('bad_answer', `${name} holds something else than text`, {
        hint: { text: 'Give the gateway a secret of its own' },
      });
    }),
  );
}

/** A secret whose value is a JSON object of texts. Throws `bad_answer`. */
export function jsonFields(text: string, name: string): Record<string, string> {
  const fields = parseAnswer(v.record(v.string(), v.unknown()), text);
  if (fields !== undefined) return textFields(fields, name);
  throw new BeamError('bad_answer', `${name} holds something else than a JSON object`, {
    hint: { text: 'Give the gateway a secret of its own' },
  });
}
