/** Which of several names a text that somebody typed means: orgs, servers, labels. Upper and lower case are one. */

/** Whether a name has all the words of a filter somewhere in it. An empty filter fits everything. */
export function fitsFilter(name: string, filter: string): boolean {
  const lower = name.toLowerCase();
  return wordsOf(filter).every((word) => lower.includes(word));
}

/** The words of a filter, as they are looked for. */
export function wordsOf(filter: string): string[] {
  return filter.toLowerCase().split(/\s+/u).filter(Boolean);
}

/** The name that is meant by its whole: as it is spelled, else the only one that differs in upper and lower case alone. */
export function sameName(names: readonly string[], typed: string): string | undefined {
  if (names.includes(typed)) return typed;
  const lower = typed.toLowerCase();
  const [first, ...others] = names.filter((name) => name.toLowerCase() === lower);
  return others.length === 0 ? first : undefined;
}

/** The names that begin with what was typed; the one that is meant by its whole is the only one. */
export function namesFrom(names: readonly string[], typed: string): string[] {
  const whole = sameName(names, typed);
  if (whole !== undefined) return [whole];
  const lower = typed.toLowerCase();
  return typed === '' ? [] : names.filter((name) => name.toLowerCase().startsWith(lower));
}

/** Whether a name is one that the pattern describes: `*` is any text, `?` any letter, in upper or lower case. */
export function patternTest(pattern: string): (name: string) => boolean {
  // Several stars in a row say no more than one, and would be tried in every combination.
  const parts = pattern.replaceAll(/\*+/gu, '*').split(/([*?])/u);
  const source = parts.map((part) =>
    part === '*' ? '.*' : part === '?' ? '.' : part.replaceAll(/[\\^$.|+()[\]{}]/gu, String.raw`\$&`),
  );
  const whole = new RegExp(`^${source.join('')}$`, 'isu');
  return (name) => whole.test(name);
}
