/** A ClickHouse string literal for any text, also text from a log: nothing in it can end the literal. */
export function textLiteral(text: string): string {
  return `'${text.replace(/[\\']/g, (character) => `\\${character}`).replace(/\p{Cc}/gu, escapeControl)}'`;
}

/** Printed statements must not carry terminal escapes, and NUL ends a statement. U+0080 to U+009F have no short escape. */
function escapeControl(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : character;
}

/**
 * Puts values in the place of {name:Type}, as literals of that type.
 *
 * The embedded engine keeps parameters in a global of the process, so its client runs statements with parameters one
 * at a time, whatever connection they are for. Literals let them run side by side.
 *
 * @throws TypeError when a placeholder has no value, or a value is neither text, number, boolean nor a list of these.
 */
export function bindLiterals(sql: string, parameters: Record<string, unknown>): string {
  return sql.replace(TOKEN, (token, name?: string, type?: string) => {
    if (name === undefined || type === undefined) return token;
    if (!Object.hasOwn(parameters, name)) throw new TypeError(`no value for ${token}`);
    return `CAST(${valueLiteral(parameters[name])}, ${textLiteral(type)})`;
  });
}

/** Literals, quoted names and comments are stepped over: what looks like a placeholder in one is text. */
const TOKEN =
  /'(?:[^'\\]|\\[\s\S])*'|`(?:[^`\\]|\\[\s\S])*`|"(?:[^"\\]|\\[\s\S])*"|--[^\n]*|\/\*[\s\S]*?\*\/|\{(\w+):([\w(), ]+)\}/g;

function valueLiteral(value: unknown): string {
  if (typeof value === 'string') return textLiteral(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (Array.isArray(value)) return `[${value.map(valueLiteral).join(', ')}]`;
  throw new TypeError(`${typeof value} cannot be a parameter`);
}
