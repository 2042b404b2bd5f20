/** Files in our folders that are of other programs of the same names, or that nobody here knows. */
import type { EntryOwner } from '../../../store/home-entries.ts';
import { ok, warning, type Check, type Draft, type Subject } from '../report/finding.ts';
import { listed, path, say, type Private } from '../report/text.ts';

export const strangers: Check = {
  name: 'strangers',
  look: (subject) => [...unknown(subject), ...others(subject)],
};

const of = (subject: Subject, owner: EntryOwner): Private[] =>
  subject
    .entries()
    .filter((entry) => entry.owner === owner)
    .map((entry) => path(entry.path));

function unknown(subject: Subject): Draft[] {
  const found = of(subject, 'unknown');
  if (found.length === 0) return [];
  const message = say`There are files that ${subject.patient === 'beamd' ? say`beamd` : say`runbeam`} does not know: ${listed(found, 3)}`;
  return [warning(message, { text: 'Move them away if they are of no use to you; nothing here reads them' })];
}

function others(subject: Subject): Draft[] {
  const [go, rust] = [of(subject, 'go'), of(subject, 'rust')];
  return [
    ...(go.length === 0 ? [] : [ok(say`The Go beamd keeps files here too: ${listed(go, 3)}`)]),
    ...(rust.length === 0 ? [] : [ok(say`The Rust runbeam keeps its login here too: ${listed(rust, 3)}`)]),
  ];
}
