import MarkdownIt from 'markdown-it';
import { forHtml } from '../output/escape.js';
import { replaceMarkers, type Section } from './document.js';
import type { Ads } from './folder.js';
import { SECTIONS } from './sections.js';
import { factsOf, type Table, tablesOf } from './tables.js';

/** After which section a table from code stands. */
const TABLE_AFTER: Record<string, string> = {
  Analytics: 'abstract',
  Parameters: 'abstract',
  Probes: 'assumptions',
  Scenarios: 'validation',
  'Last measured quality': 'validation',
  'Response steps': 'response',
};

/** The ADS as one Markdown document: the author's text, and from code what it is bound to, the SQL included. */
export function renderMarkdown(ads: Ads, quality: Table | null): string {
  const tables = [...tablesOf(ads), ...(quality ? [quality] : [])];
  const parts = [`# ${ads.strategy?.technique ?? ''} ${ads.strategy?.title ?? ads.id}`.replace(/ +/g, ' ')];
  parts.push(
    factsOf(ads)
      .map(([name, value]) => `- **${name}:** ${value}`)
      .join('\n'),
  );
  for (const section of ads.document.sections) {
    parts.push(renderSection(section));
    for (const table of tables.filter((each) => TABLE_AFTER[each.title] === section.id))
      parts.push(renderTable(table));
    if (section.id === 'validation' && !quality)
      parts.push('_Precision, recall and evasion score of this strategy have not been measured._');
  }
  parts.push('## Appendix: the queries', 'What runs, as it runs. Parameters are filled in by ClickHouse.');
  for (const analytic of ads.strategy?.analytics ?? [])
    parts.push(`### ${analytic.id}`, analytic.what, fence('sql', analytic.sql));
  for (const probe of ads.strategy?.probes ?? [])
    parts.push(`### ${probe.id}`, probe.what, fence('sql', probe.sql));
  parts.push('## Appendix: the response steps');
  for (const step of ads.playbook?.steps ?? []) {
    const preconditions = step.preconditions.map((each) => `- ${each}`).join('\n');
    parts.push(
      `### ${step.id}`,
      `**${step.title}** (${step.action.kind}, approval: ${step.approval})`,
      fence('text', step.text),
    );
    if (preconditions !== '') parts.push(`Only when:\n\n${preconditions}`);
    parts.push(`- **Worked when:** ${step.verification}\n- **Undo:** ${step.revert}`);
  }
  return `${parts.join('\n\n')}\n`;
}

/** The same as one HTML page that needs nothing else: no script, no request. Raw HTML in the text stays text. */
export function renderHtml(ads: Ads, quality: Table | null): string {
  const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
  markdown.renderer.rules.heading_open = (tokens, index, options, _env, self) => {
    tokens[index]!.attrSet('id', anchorOf(tokens[index + 1]!.content));
    return self.renderToken(tokens, index, options);
  };
  const title = forHtml(`${ads.strategy?.technique ?? ''} ${ads.strategy?.title ?? ads.id}`.trim());
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<nav aria-label="Sections">${contentsOf(ads)}</nav>
<main>
${markdown.render(renderMarkdown(ads, quality))}</main>
</body>
</html>
`;
}

/** The sections, and the appendices that code adds, as links. */
function contentsOf(ads: Ads): string {
  const headings = [
    ...ads.document.sections.map(headingOf),
    'Appendix: the queries',
    'Appendix: the response steps',
  ];
  return headings
    .map((heading) => `<a href="#${encodeURIComponent(anchorOf(heading))}">${forHtml(heading)}</a>`)
    .join('\n');
}

/** GitHub's rule for anchors, so that links work there as well. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replace(/ /g, '-');
}

function renderSection(section: Section): string {
  const rule = SECTIONS.find((each) => each.id === section.id);
  const text = replaceMarkers(section.text, (kind, target) =>
    ['analytic', 'probe', 'step'].includes(kind)
      ? `([${target}](#${anchorOf(target)}))`
      : kind === 'priority'
        ? ''
        : `(\`${target}\`)`,
  );
  return `${'#'.repeat(rule?.level ?? 2)} ${headingOf(section)}\n\n${text}`.trimEnd();
}

const headingOf = (section: Section): string =>
  SECTIONS.find((each) => each.id === section.id)?.heading ?? section.heading;

function renderTable({ title, columns, rows }: Table): string {
  const line = (cells: string[]): string => `| ${cells.map(cellOf).join(' | ')} |`;
  const body = rows.map((row) => line(row.map((cell, index) => (index === 0 ? `\`${cell}\`` : cell))));
  return [`**${title}**`, '', line(columns), line(columns.map(() => '---')), ...body].join('\n');
}

const cellOf = (text: string): string => text.replace(/\|/g, '\\|').replace(/\s+/g, ' ').trim();

function fence(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${text.trimEnd()}\n${ticks}`;
}

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 22%, transparent); --tint: color-mix(in srgb, currentColor 6%, transparent); }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
nav { font-size: .85rem; }
nav a { display: inline-block; margin: 0 .9rem .2rem 0; }
h1 { font-size: 1.7rem; line-height: 1.25; margin-top: 0; }
h1 + ul { list-style: none; margin: 0; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 4px; background: var(--tint); }
h2 { margin-top: 2.4rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem; }
h3 { margin-top: 1.8rem; }
h1, h2, h3 { text-wrap: balance; scroll-margin-top: 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: .9rem; margin: .5rem 0 1.5rem; }
th, td { border: 1px solid var(--line); padding: .3rem .55rem; text-align: left; vertical-align: top; }
th { background: var(--tint); }
td:first-child code { white-space: nowrap; }
pre { overflow-x: auto; padding: .75rem 1rem; border-radius: 4px; background: var(--tint); font-size: .85rem; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
a { color: LinkText; }
@media (max-width: 79.99rem) { nav { max-width: 62rem; margin: 0 auto; padding: 1rem 1.25rem 0; } }
@media (min-width: 80rem) {
  nav { position: fixed; top: 2rem; left: 1.5rem; width: 12rem; max-height: calc(100vh - 4rem); overflow-y: auto; }
  nav a { display: block; margin: 0 0 .35rem; }
  main { margin-left: 15rem; }
}
@media print { nav { display: none; } main { max-width: none; margin: 0; } pre { white-space: pre-wrap; } }
`;
