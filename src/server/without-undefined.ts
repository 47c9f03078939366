type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Keys that were not given are not there. */
export const withoutUndefined = <T extends object>(value: T): Given<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Given<T>;
