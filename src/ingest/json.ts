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
  const parts = partsOf(path);
  if (parts === null || !Object.hasOwn(value, parts.first)) return undefined;
  return lookUp((value as JsonObject)[parts.first], parts.rest);
}

/** What sources ask is few paths of many lines. */
const known = new Map<string, { first: string; rest: string } | null>();

function partsOf(path: string): { first: string; rest: string } | null {
  let parts = known.get(path);
  if (parts === undefined) {
    const dot = path.indexOf('.');
    parts = dot === -1 ? null : { first: path.slice(0, dot), rest: path.slice(dot + 1) };
    known.set(path, parts);
  }
  return parts;
}
