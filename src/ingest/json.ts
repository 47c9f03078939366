export type JsonObject = Record<string, unknown>;

/** The object a line of JSON is; null for anything else. */
export function parseObject(line: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as JsonObject)
      : null;
  } catch {
    return null;
  }
}

/** Null for what is nested so deep that it can be read and not written. */
export function writeJson(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch {
    return null;
  }
}

/** `a.b` is the key "a.b" itself (Zeek, ulogd) or b inside a; undefined where there is none. */
export function lookUp(value: unknown, path: string): unknown {
  if (value === null || typeof value !== 'object') return undefined;
  if (Object.hasOwn(value, path)) return (value as JsonObject)[path];
  const dot = path.indexOf('.');
  if (dot === -1 || !Object.hasOwn(value, path.slice(0, dot))) return undefined;
  return lookUp((value as JsonObject)[path.slice(0, dot)], path.slice(dot + 1));
}
