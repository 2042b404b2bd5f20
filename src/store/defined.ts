type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the members that are undefined: an absent member and one that says so are different types. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}

/** An object without a prototype: whatever a document calls its keys, they are only keys. */
export function bare<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}
