/**
 * Optional members. tsconfig tells an absent member from one that is undefined (`exactOptionalPropertyTypes`), and so do
 * `toEqual`'s readers and JSON: here what is undefined becomes absent.
 */
type OmitUndefined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** A copy of the object without the members that are undefined. `null`, `false`, `''` and `0` stay. */
export function omitUndefined<const T extends object>(value: T): OmitUndefined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as OmitUndefined<T>;
}
