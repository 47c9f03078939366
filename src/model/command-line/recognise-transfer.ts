import type { Archive, CommandCall, Transfer } from './command-call.js';
import { CONFIDENCE } from './confidence.js';
import { type ScannedArguments, scanOptions } from './options.js';
import { recogniseActivity } from './recognise-activity.js';
import { recogniseAddresses, recogniseCode, recogniseScript, recogniseStream } from './recognise-streams.js';
import { type OptionUse, readOptionUse } from './sending-options.js';
import { readTarget, type Target } from './target.js';
import type { Direction, Protocol, ToolGrammar, ToolRule } from './transfer-tools.js';

/** A tool rule applied to one call. `operands` no longer hold the subcommand. */
export interface RuleUse {
  grammar: ToolGrammar;
  rule: ToolRule;
  call: CommandCall;
  scan: ScannedArguments;
  operands: string[];
}

export interface Recognised {
  transfers: Transfer[];
  archives: Archive[];
}

const MAX_SOURCES = 16;

/** What a call of a known tool does. Empty if it neither transfers nor packs (`git status`, `tar xf`). */
export function recognise(grammar: ToolGrammar, call: CommandCall): Recognised {
  const use = chooseRule(grammar, call);
  if (use === undefined) return { transfers: [], archives: [] };
  if (use.rule.mode === 'archive') return { transfers: [], archives: readArchive(use) };
  return { transfers: readTransfers(use), archives: [] };
}

function readTransfers(use: RuleUse): Transfer[] {
  switch (use.rule.mode) {
    case 'options':
      return recogniseOptions(use);
    case 'copy':
      return recogniseCopy(use);
    case 'always':
      return recogniseAlways(use);
    case 'stream':
      return recogniseStream(use);
    case 'addresses':
      return recogniseAddresses(use);
    case 'script':
      return recogniseScript(use);
    case 'activity':
      return recogniseActivity(use);
    default:
      return recogniseCode(use);
  }
}

function chooseRule(grammar: ToolGrammar, call: CommandCall): RuleUse | undefined {
  const isOldStyle = grammar.rules.some((rule) => rule.oldStyle) && /^[A-Za-z]+$/.test(call.args[0] ?? '');
  const words = isOldStyle ? [`-${call.args[0]}`, ...call.args.slice(1)] : call.args;
  const isCode = grammar.rules.some((rule) => rule.mode === 'code');
  const scan = scanOptions(words, grammar.syntax, {
    stopsAtOperand: isCode,
    isLastPartial: call.cut === 'in-word',
  });
  const whole =
    call.cut === 'in-word' && scan.operands.at(-1) === words.at(-1)
      ? scan.operands.slice(0, -1)
      : scan.operands;
  for (const rule of grammar.rules) {
    const used = subcommandLength(rule, whole);
    if (used !== undefined) return { grammar, rule, call, scan, operands: scan.operands.slice(used) };
  }
  return undefined;
}

function subcommandLength(rule: ToolRule, operands: string[]): number | undefined {
  if (rule.when === undefined) return 0;
  const match = rule.when
    .map((text) => text.split(' '))
    .find((words) => words.every((word, index) => operands[index] === word));
  return match?.length;
}

/** A transfer with what is common to all modes; `target` wins over the protocol of the rule. */
export function transferOf(
  use: RuleUse,
  target: Target,
  rest: Pick<Transfer, 'direction' | 'confidence' | 'evidence'> & Partial<Transfer>,
): Transfer {
  return {
    tool: use.grammar.names.includes(use.call.name) ? use.call.name : use.grammar.id,
    ...target,
    protocol: codeProtocol(use.rule, target) ?? target.protocol ?? use.rule.protocol ?? 'unknown',
    sourceFiles: [],
    inLoop: use.call.inLoop,
    ...rest,
  };
}

/** What a push speaks inside HTTP or SSH says more than these do, whichever program speaks it. */
function codeProtocol(rule: ToolRule, { path = '' }: Target): Protocol | undefined {
  if (rule.protocol === 'git' || rule.protocol === 'registry') return rule.protocol;
  if (/^\/v2\/.+\/(?:blobs\/uploads|manifests)(?:\/|$)/.test(path)) return 'registry';
  return /\/git-(?:receive|upload)-pack$/.test(path) ? 'git' : undefined;
}

/** The last operand of a line that is cut inside it. */
export function isPartialWord(use: RuleUse, word: string | undefined): boolean {
  return use.call.cut === 'in-word' && word !== undefined && use.call.args.at(-1)?.endsWith(word) === true;
}

function recogniseOptions(use: RuleUse): Transfer[] {
  const sent = readOptionUse(use);
  const targets = urlsOf(use, sent);
  const decision = decide(use, sent, targets.length > 0);
  if (decision === undefined) return [];
  const readings = targets.map((text) =>
    readTarget(text, {
      ...(use.rule.scheme ? { scheme: use.rule.scheme } : {}),
      isPartial: isPartialWord(use, text),
    }),
  );
  return (readings.length > 0 ? readings : [{}]).map((target) => transferOf(use, target, decision));
}

type Decision = Pick<Transfer, 'direction' | 'confidence' | 'evidence' | 'sourceFiles'>;

function decide(use: RuleUse, sent: OptionUse, hasTarget: boolean): Decision | undefined {
  const { call, rule } = use;
  const base = { sourceFiles: sent.sourceFiles.slice(0, MAX_SOURCES), evidence: sent.evidence };
  if (sent.confidence > 0) return { ...base, direction: 'upload', confidence: sent.confidence };
  if (sent.method)
    return {
      ...base,
      direction: 'unknown',
      confidence: call.cut === 'no' ? CONFIDENCE.cut : CONFIDENCE.hint,
    };
  const evidence = [call.name, ...call.args].slice(0, 3).join(' ').slice(0, 60);
  const canChange = Object.keys(rule.sends ?? {}).length > 0;
  if (call.cut !== 'no' && canChange)
    return { ...base, evidence, direction: 'unknown', confidence: CONFIDENCE.cut };
  if (!hasTarget && rule.scheme) return undefined;
  return {
    ...base,
    evidence: call.name,
    direction: rule.otherwise ?? 'unknown',
    confidence: CONFIDENCE.download,
  };
}

function urlsOf(use: RuleUse, sent: OptionUse): string[] {
  const { rule, scan } = use;
  const named = scan.options.flatMap(({ name, value }) =>
    rule.targets?.includes(name) && value !== undefined ? [value] : [],
  );
  const operands = rule.items ? sent.itemUrls : use.operands;
  const urls =
    rule.scheme || rule.image
      ? operands
      : operands.filter((word) => word.includes('://') || /^[^/]+:/.test(word));
  return [...named, ...urls].slice(0, MAX_SOURCES);
}

function recogniseCopy(use: RuleUse): Transfer[] {
  const { rule, call } = use;
  const operands = rule.subcommands?.includes(use.operands[0] ?? '') ? use.operands.slice(1) : use.operands;
  const remote = new RegExp(rule.remote ?? '://');
  const remotes = operands.filter((word) => remote.test(word));
  if (call.cut !== 'no') {
    const confidence = remotes.length > 0 ? CONFIDENCE.hint : CONFIDENCE.cut;
    return [
      transferOf(
        use,
        {},
        { direction: 'unknown', confidence, evidence: [call.name, ...remotes].join(' ').slice(0, 120) },
      ),
    ];
  }
  const destination = operands.at(-1);
  if (destination === undefined || operands.length < 2 || remotes.length === 0) return [];
  if (use.scan.options.some(({ name }) => rule.dryRun?.includes(name))) return [];
  const isUpload = remote.test(destination);
  const sources = operands.slice(0, -1);
  const localSources = sources.filter((word) => !remote.test(word));
  const direction: Direction = isUpload ? 'upload' : 'download';
  const confidence = !isUpload
    ? CONFIDENCE.download
    : localSources.length > 0
      ? CONFIDENCE.file
      : CONFIDENCE.indirect;
  const place = isUpload ? destination : (remotes[0] ?? '');
  const sourceFiles = isUpload ? localSources.slice(0, MAX_SOURCES) : [];
  const target =
    rule.protocol === 'object-storage' && !place.includes('://') ? { path: place } : copyTarget(use, place);
  return [
    transferOf(use, target, {
      direction,
      confidence,
      sourceFiles,
      evidence: place.slice(0, 120).replace(/\/\/[^/@]*@/, '//'),
    }),
  ];
}

function copyTarget(use: RuleUse, place: string): Target {
  return use.rule.image && !place.includes('://') ? readImage(place) : readTarget(place);
}

/** `host[:port]/name:tag`; the first part is a host only if it looks like one, else the engine's default registry. */
function readImage(image: string): Target {
  const name = image.replace(/^docker:\/\//, '');
  const host = /^([^/]*[.:][^/]*|localhost)\//.exec(name)?.[1];
  return host === undefined ? { path: name } : { ...readTarget(name, { scheme: 'docker' }) };
}

function recogniseAlways(use: RuleUse): Transfer[] {
  const { rule, call, scan } = use;
  if (rule.needs && !scan.options.some(({ name }) => rule.needs?.includes(name))) return [];
  const named = scan.options.find(({ name }) => rule.targets?.includes(name))?.value;
  const operand = rule.lastOperand ? use.operands.at(-1) : use.operands[rule.targetOperand ?? -1];
  const place = named ?? (rule.lastOperand && call.cut !== 'no' ? undefined : operand);
  if (rule.remoteOnly && !(place !== undefined && new RegExp(rule.remoteOnly).test(place))) {
    if (call.cut === 'no') return [];
    return [transferOf(use, {}, { direction: 'unknown', confidence: CONFIDENCE.hint, evidence: call.name })];
  }
  const evidence = [call.name, ...call.args.slice(0, call.args.length - scan.next + 2)]
    .slice(0, 3)
    .join(' ')
    .slice(0, 80);
  const sources = rule.sourceOperands ? use.operands.filter((word) => word !== place) : sourcesOf(use);
  const isPartial = isPartialWord(use, place);
  const target = placeTarget(use, place, isPartial);
  const confidence = alwaysConfidence(place, isPartial || call.cut !== 'no');
  return [
    transferOf(use, target, {
      direction: 'upload',
      confidence,
      evidence,
      sourceFiles: sources.slice(0, MAX_SOURCES),
    }),
  ];
}

/** A push to a path stays a push, but nothing leaves; a cut target may still turn out to be a path. */
function alwaysConfidence(place: string | undefined, isCut: boolean): number {
  if (place === undefined) return CONFIDENCE.variable;
  if (/^(?:[./~]|file:)/.test(place)) return CONFIDENCE.variable;
  if (place.includes('://') || /^\d+\.\d+\.\d+\.\d+/.test(place)) return CONFIDENCE.file;
  return isCut ? CONFIDENCE.variable : CONFIDENCE.file;
}

function placeTarget(use: RuleUse, place: string | undefined, isPartial: boolean): Target {
  if (place === undefined) return {};
  if (use.rule.hostOnly) return { ...readTarget(place, { scheme: 'ftp', isPartial }), ...pathOperand(use) };
  if (use.rule.image && !place.includes('://')) return readImage(place);
  return place.includes('://') || use.rule.protocol === 'git'
    ? readTarget(place, { isPartial })
    : { path: place };
}

function pathOperand(use: RuleUse): Target {
  const path = use.operands[1];
  return path === undefined ? {} : { path };
}

function sourcesOf(use: RuleUse): string[] {
  if (use.rule.hostOnly) return use.operands.slice(use.operands.length > 2 ? 2 : 1);
  return use.scan.options.flatMap(({ name, value }) =>
    use.rule.sources?.includes(name) && value !== undefined ? [value] : [],
  );
}

function readArchive(use: RuleUse): Archive[] {
  const { rule, scan, call } = use;
  const names = new Set(scan.options.map(({ name }) => name));
  if (rule.needs && !rule.needs.some((name) => names.has(name))) return [];
  if (rule.unless?.some((name) => names.has(name))) return [];
  const { operand: wanted } = rule;
  if (wanted !== undefined && !use.operands.some((word) => new RegExp(wanted).test(word))) return [];
  const named = scan.options.find(
    ({ name, value }) => rule.targets?.includes(name) && value !== undefined,
  )?.value;
  const operand = rule.targetOperand === undefined ? undefined : use.operands[rule.targetOperand];
  const target = [named, operand].find((word) => word !== undefined && word !== '-') ?? call.outputFile;
  return [
    {
      tool: call.name,
      kind: rule.kind ?? 'archive',
      isPiped: call.isPiped,
      ...(target === undefined ? {} : { target }),
    },
  ];
}
