import type { HuntResult } from '../model/hunt-result.js';
import { renderHtml } from './html.js';
import { renderJson, renderJsonLines } from './json.js';
import { renderOcsf } from './ocsf.js';
import { renderTable, type TableOptions } from './table.js';

/** The names `--format` and `-o FORMAT=PATH` take, in the order help lists them. */
export const OUTPUT_FORMATS = ['table', 'json', 'jsonl', 'ocsf', 'html'] as const;

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** What a format is for, in one clause. */
export const FORMAT_DESCRIPTIONS: Record<OutputFormat, string> = {
  table: 'the summary for a terminal',
  json: 'the versioned contract for programs (docs/hunt-report.schema.json)',
  jsonl: 'one finding a line',
  ocsf: 'OCSF 1.8.0 Detection Finding, one a line',
  html: 'one offline page with pictures, evidence and queries',
};

export function isOutputFormat(name: string): name is OutputFormat {
  return (OUTPUT_FORMATS as readonly string[]).includes(name);
}

/** The whole text of one output, newline at its end. `colour` and `width` matter to the table alone. */
export function renderOutput(format: OutputFormat, result: HuntResult, options: TableOptions = {}): string {
  switch (format) {
    case 'table':
      return renderTable(result, options);
    case 'json':
      return renderJson(result.report, result.problems);
    case 'jsonl':
      return renderJsonLines(result.report);
    case 'ocsf':
      return renderOcsf(result, options);
    case 'html':
      return renderHtml(result);
  }
}
