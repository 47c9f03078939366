/**
 * Log content is written by the attacker. Every log-derived string passes through one of these on its way to a
 * reader.
 *
 * Unsafe: control characters (C0, DEL, C1, so also ESC and the one-byte CSI), format characters (bidi overrides and
 * isolates, zero-width characters, tags), line and paragraph separators, lone surrogates. They become visible escapes.
 */

/** Longest log-derived string shown to a reader; the JSON formats keep the whole. */
export const DISPLAY_LIMIT = 400;

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const UNSAFE_EXCEPT_LAYOUT = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const UNSAFE_IN_JSON = /[\x7f-\x9f\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Cut to `limit` code points, the last one an ellipsis. Never splits a surrogate pair. */
export function clip(text: string, limit: number = DISPLAY_LIMIT): string {
  if (text.length <= limit) return text;
  const points = Array.from(text.slice(0, limit * 2 + 2));
  return points.length <= limit ? text : `${points.slice(0, limit - 1).join('')}…`;
}

/** One line of plain text: nothing in it moves a cursor, changes a colour or the reading direction. */
export function forTerminal(text: string): string {
  return text.replace(UNSAFE, visible);
}

/** Text for an HTML element or a quoted attribute. Newline and tab stay, for `<pre>`. */
export function forHtml(text: string): string {
  return text.replace(UNSAFE_EXCEPT_LAYOUT, visible).replace(/[&<>"'`]/g, (c) => ENTITIES[c] ?? c);
}

/** Serialised JSON, safe to print: what JSON allows raw but a terminal obeys becomes `\uXXXX`. Parses the same. */
export function forJsonOutput(json: string): string {
  return json.replace(UNSAFE_IN_JSON, (c) =>
    Array.from({ length: c.length }, (_, i) => `\\u${hex(c.charCodeAt(i))}`).join(''),
  );
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const named = NAMED[character];
  if (named !== undefined) return named;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${hex(code)}`;
}

function hex(code: number): string {
  return code.toString(16).padStart(4, '0');
}
