import { clip, DISPLAY_LIMIT, forHtml } from './escape.js';

/** HTML that is already safe. Only the functions of this file make it, so no raw text reaches a page. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Part = Markup | readonly Markup[] | string | number | null | undefined | false;

/** A template whose interpolated strings are clipped and escaped; `Markup` passes, null and false vanish. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  let text = strings[0] ?? '';
  parts.forEach((part, i) => {
    text += write(part) + (strings[i + 1] ?? '');
  });
  return new Markup(text);
}

/** Text longer than the display limit on purpose, e.g. a query. */
export function longText(text: string, limit: number): Markup {
  return new Markup(forHtml(clip(text, limit)));
}

/** An element from a name and attributes we chose; their values, and children that are text, are escaped. */
export function el(name: string, attributes: Record<string, string | number>, ...children: Part[]): Markup {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${write(value)}"`);
  return new Markup(`<${name}${written.join('')}>${children.map(write).join('')}</${name}>`);
}

/** A table cell; `kind` names its classes: `num`, `mono`, `nowrap`, `fine`. */
export function cell(content: Part, kind: string = ''): Markup {
  return el('td', kind === '' ? {} : { class: kind }, content);
}

/** A list of texts. */
export function list(kind: 'ul' | 'ol', items: readonly string[]): Markup {
  return el(
    kind,
    {},
    items.map((item) => el('li', {}, item)),
  );
}

export function row(...cells: readonly Markup[]): Markup {
  return el('tr', {}, cells);
}

/** A table that scrolls sideways on its own, reachable by keyboard, and says what it lists. `#` heads a number. */
export function table(caption: string, heads: readonly string[], rows: readonly Markup[]): Markup {
  const th = heads.map((head) =>
    el('th', head.startsWith('#') ? { scope: 'col', class: 'num' } : { scope: 'col' }, head.replace('#', '')),
  );
  const inner = html`<caption class="unseen">${caption}</caption><thead><tr>${th}</tr></thead><tbody>${rows}</tbody>`;
  return el(
    'div',
    { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': caption },
    el('table', {}, inner),
  );
}

function write(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return forHtml(clip(part, DISPLAY_LIMIT));
  return part.map((markup) => markup.text).join('');
}
