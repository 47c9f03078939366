import { hasSubstitution } from './command-call.js';
import { CONFIDENCE } from './confidence.js';
import type { RuleUse } from './recognise-transfer.js';
import type { Payload } from './transfer-tools.js';

/** What the options (and HTTPie's items) say about sending. */
export interface OptionUse {
  /** 0 if nothing is sent. */
  confidence: number;
  evidence: string;
  sourceFiles: string[];
  method?: string;
  /** URLs among HTTPie's operands, which are `[METHOD] URL [item..]`. */
  itemUrls: string[];
}

const FILE_IN: Record<Payload, RegExp | undefined> = {
  file: /^(?:)/,
  body: /^@/,
  urlencode: /^[^=]*?@/,
  form: /^[^=]*=[@<]/,
  inline: undefined,
  flag: undefined,
};

/** Options are weighed one by one and the strongest counts, so that more words never lower the result. */
export function readOptionUse(use: RuleUse): OptionUse {
  const { rule, scan } = use;
  const found: OptionUse = { confidence: 0, evidence: '', sourceFiles: [], itemUrls: [] };
  const isQuery = use.call.cut !== 'no' || scan.options.some(({ name }) => rule.queryFlags?.includes(name));
  for (const { name, value } of scan.options) {
    const payload = rule.sends && Object.hasOwn(rule.sends, name) ? rule.sends[name] : undefined;
    if (payload) weighValue(found, { name, value: value ?? '', payload, isQuery });
    if (rule.methods?.includes(name) && value !== undefined && /^(?:POST|PUT|PATCH)$/i.test(value)) {
      found.method = value;
      if (found.confidence === 0) found.evidence = `${name} ${value}`;
    }
  }
  if (rule.items) readItems(use, found, isQuery);
  return found;
}

interface Sent {
  name: string;
  value: string;
  payload: Payload;
  isQuery: boolean;
}

function weighValue(found: OptionUse, { name, value, payload, isQuery }: Sent): void {
  const prefix = FILE_IN[payload]?.exec(value);
  if (prefix) {
    const file = value.slice(prefix[0].length).replace(/;[a-z]+=.*$/s, '');
    if (file !== '') found.sourceFiles.push(file);
    raise(found, CONFIDENCE.file, `${name} ${value}`.trim().slice(0, 120));
    return;
  }
  if (payload === 'flag') raise(found, CONFIDENCE.file, name);
  else raise(found, inlineConfidence(value, isQuery), `${name} (inline, ${value.length} characters)`);
}

function inlineConfidence(value: string, isQuery: boolean): number {
  if (hasSubstitution(value)) return CONFIDENCE.substitution;
  if (/\$[A-Za-z_{]/.test(value)) return CONFIDENCE.variable;
  return isQuery ? CONFIDENCE.weakInline : CONFIDENCE.inline;
}

function raise(found: OptionUse, confidence: number, evidence: string): void {
  if (confidence <= found.confidence) return;
  found.confidence = confidence;
  found.evidence = evidence;
}

/** HTTPie: `name@file`, `name=@file`, `name:=@file` send files; `name=text` an inline body; `name==text` a query. */
function readItems(use: RuleUse, found: OptionUse, isQuery: boolean): void {
  const [first = '', ...others] = use.operands;
  const isMethod = /^[A-Z]+$/.test(first);
  const [url = first, ...items] = isMethod ? others : [first, ...others];
  if (url !== '' && !(isMethod && others.length === 0)) found.itemUrls.push(url);
  if (isMethod && /^(?:POST|PUT|PATCH)$/.test(first)) {
    found.method = first;
    found.evidence = first;
  }
  for (const item of items) {
    const file = /^[^=:@]+(?:@|=@|:=@)(.*)/s.exec(item);
    if (file) weighValue(found, { name: item.slice(0, 60), value: file[1] ?? '', payload: 'file', isQuery });
    else if (/^[^=:@]+:?=[^=]/.test(item))
      weighValue(found, { name: 'item', value: item, payload: 'inline', isQuery });
  }
  const { kind, file } = use.call.stdin;
  if (kind === 'file' || kind === 'pipe') {
    found.sourceFiles.push(file ?? '-');
    raise(found, CONFIDENCE.stream, file ? `< ${file}` : '| (standard input)');
  }
}
