import {
  type BindingKind,
  BLIND_SPOTS_AND_ASSUMPTIONS,
  type SectionId,
  sectionOfHeading,
} from './sections.js';

/** A marker at the end of a bullet: this sentence holds because that exists. */
export interface Binding {
  /** As written; a kind nobody knows is told by `ads lint`. */
  kind: BindingKind | string;
  target: string;
  line: number;
  column: number;
}

export interface Bullet {
  /** Without the list sign and the markers, on one line. */
  text: string;
  bindings: Binding[];
  line: number;
  column: number;
}

export interface Section {
  /** Null for a heading that is none of the ten. */
  id: SectionId | null;
  heading: string;
  line: number;
  /** Markdown as written, markers included. */
  text: string;
  bullets: Bullet[];
}

export interface AdsDocument {
  sections: Section[];
}

const MARKER = /\{([a-z]+):\s*([A-Za-z0-9_.-]+)\s*\}/g;

/**
 * Parses the Markdown below the front matter. A section starts at a heading of level 2, or at one of level 3 that is the
 * name of a section (the halves of Blind Spots and Assumptions). Bullets are the outermost list items; what is indented
 * below one belongs to it. Code fences hold no headings and no bullets.
 *
 * @param firstLine the line of the file on which `body` starts, 1-based
 */
export function parseAds(body: string, firstLine: number): AdsDocument {
  const sections: Section[] = [];
  let fence = '';
  let open: { lines: string[]; line: number } | null = null;
  const closeBullet = (): void => {
    if (open) sections.at(-1)?.bullets.push(toBullet(open.lines, open.line));
    open = null;
  };
  for (const [index, line] of body.split(/\r?\n/).entries()) {
    const number = firstLine + index;
    const section = sections.at(-1);
    const mark = /^\s*(```|~~~)/.exec(line)?.[1] ?? '';
    if (mark !== '' && (fence === '' || fence === mark)) fence = fence === '' ? mark : '';
    const heading = fence === '' && mark === '' ? startOfSection(line) : null;
    if (heading !== null) {
      closeBullet();
      sections.push({
        id: sectionOfHeading(heading)?.id ?? null,
        heading,
        line: number,
        text: '',
        bullets: [],
      });
      continue;
    }
    if (section) section.text += `${line}\n`;
    const isItem = fence === '' && /^(?:[-*+]|\d+[.)])\s+\S/.test(line);
    const isMore = open !== null && /^\s+\S/.test(line);
    if (isItem) {
      closeBullet();
      open = { lines: [line], line: number };
    } else if (isMore) (open as { lines: string[] } | null)?.lines.push(line);
    else if (line.trim() !== '') closeBullet();
  }
  closeBullet();
  return { sections: sections.map((section) => ({ ...section, text: section.text.trim() })) };
}

export function sectionOf(document: AdsDocument, id: SectionId): Section | null {
  return document.sections.find((section) => section.id === id) ?? null;
}

/** Every binding of the document, with the section it stands in. */
export function bindingsOf(document: AdsDocument): (Binding & { section: SectionId | null })[] {
  return document.sections.flatMap((section) =>
    section.bullets.flatMap((bullet) =>
      bullet.bindings.map((binding) => ({ ...binding, section: section.id })),
    ),
  );
}

/** Text as a reader sees it, without markers. */
export function withoutMarkers(text: string): string {
  return text.replace(MARKER, '').replace(/[ \t]+$/gm, '');
}

export function replaceMarkers(text: string, replace: (kind: string, target: string) => string): string {
  return text.replace(MARKER, (_all, kind: string, target: string) => replace(kind, target));
}

function startOfSection(line: string): string | null {
  const match = /^(#{2,3})\s+(.*?)\s*#*\s*$/.exec(line);
  if (!match) return null;
  const heading = match[2]!;
  if (match[1] === '##' && BLIND_SPOTS_AND_ASSUMPTIONS.includes(heading.toLowerCase())) return heading;
  const rule = sectionOfHeading(heading);
  return match[1] === '##' || rule?.level === 3 ? heading : null;
}

function toBullet(lines: string[], line: number): Bullet {
  const bindings = lines.flatMap((text, index) =>
    [...text.matchAll(MARKER)].map((match) => ({
      kind: match[1]!,
      target: match[2]!,
      line: line + index,
      column: match.index + 1,
    })),
  );
  const text = lines
    .map((each) => withoutMarkers(each).trim())
    .join(' ')
    .replace(/^(?:[-*+]|\d+[.)])\s+/, '')
    .trim();
  return { text, bindings, line, column: 1 };
}
