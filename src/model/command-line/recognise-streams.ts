import type { Transfer } from './command-call.js';
import { CONFIDENCE } from './confidence.js';
import { isPartialWord, type RuleUse, transferOf } from './recognise-transfer.js';
import { readPort, readTarget, type Target, withHost } from './target.js';

/** netcat, ssh, s_client: what stands on standard input is sent, also when they listen. */
export function recogniseStream(use: RuleUse): Transfer[] {
  const { rule, scan, call } = use;
  const names = new Set(scan.options.map(({ name }) => name));
  const isListening = rule.listens?.some((name) => names.has(name)) ?? false;
  const target = { ...(isListening ? {} : streamHost(use)), ...streamPort(use, isListening) };
  if (rule.udp?.some((name) => names.has(name))) target.protocol = 'udp';
  const sent = remoteGit(use) ?? sentStream(use);
  if (sent.protocol) target.protocol = sent.protocol;
  if (target.host === undefined && !isListening && call.cut === 'no' && sent.direction !== 'upload')
    return [];
  return [transferOf(use, target, sent)];
}

/** git's transport over SSH: the command at the other end says which way the bytes go. */
function remoteGit({ rule, operands }: RuleUse): Sent | undefined {
  const command = operands.slice((rule.targetOperand ?? 0) + 1).join(' ');
  const service = /^git[ -](receive|upload)-pack\b/.exec(command)?.[1];
  if (service === undefined) return undefined;
  const isPush = service === 'receive';
  return {
    direction: isPush ? 'upload' : 'download',
    confidence: isPush ? CONFIDENCE.file : CONFIDENCE.download,
    evidence: command.slice(0, 80),
    sourceFiles: [],
    protocol: 'git',
  };
}

function streamHost(use: RuleUse): Target {
  const named = use.scan.options.find(({ name }) => use.rule.targets?.includes(name))?.value;
  const host = named ?? use.operands[use.rule.targetOperand ?? -1];
  if (host === undefined || (isPartialWord(use, host) && !named?.includes(':'))) return {};
  const { host: name, port } = readTarget(host, { scheme: 'tcp' });
  return { ...withHost({}, name ?? ''), ...(port === undefined || isPartialWord(use, host) ? {} : { port }) };
}

function streamPort({ rule, scan, operands, call }: RuleUse, isListening: boolean): Target {
  if (call.cut === 'in-word') return {};
  const named = scan.options.find(({ name }) => rule.port?.includes(name))?.value;
  const operand =
    rule.portOperand === undefined
      ? undefined
      : operands[isListening ? operands.length - 1 : rule.portOperand];
  return readPort(isListening || rule.portOperand === undefined ? (named ?? operand) : operand);
}

type Sent = Pick<Transfer, 'direction' | 'confidence' | 'evidence' | 'sourceFiles'> & Partial<Transfer>;

function sentStream({ call, scan }: RuleUse): Sent {
  const { kind, file } = call.stdin;
  if (kind === 'file' || kind === 'pipe') {
    const evidence = file === undefined ? `| ${call.name}` : `${call.name} < ${file.slice(0, 100)}`;
    return { direction: 'upload', confidence: CONFIDENCE.stream, evidence, sourceFiles: [file ?? '-'] };
  }
  if (kind === 'text')
    return {
      direction: 'upload',
      confidence: CONFIDENCE.inline,
      evidence: `${call.name} (inline)`,
      sourceFiles: [],
    };
  const runs = scan.options.find(({ name }) => ['-e', '--exec', '--sh-exec'].includes(name));
  if (call.outputFile !== undefined && call.cut === 'no') {
    return {
      direction: 'download',
      confidence: CONFIDENCE.download,
      evidence: `${call.name} > ${call.outputFile.slice(0, 100)}`,
      sourceFiles: [],
    };
  }
  const confidence = call.cut === 'no' ? CONFIDENCE.connection : CONFIDENCE.cut;
  return {
    direction: 'unknown',
    confidence: runs ? CONFIDENCE.hint : confidence,
    evidence: runs ? `${runs.name} ${runs.value ?? ''}`.trim() : call.name,
    sourceFiles: [],
  };
}

const NETWORK_ADDRESS =
  /^(?:tcp[46]?(?:-connect)?|udp[46]?(?:-sendto|-connect|-datagram)?|openssl(?:-connect)?|ssl):([^,]+)/i;
const FILE_ADDRESS = /^(?:(?:file|open|gopen|rdonly):([^,]+)|(\/[^,]*|\.\/[^,]*)|(?:exec|system):(.*))/is;

/** socat copies its first address to the second, and back unless `-u`. */
export function recogniseAddresses(use: RuleUse): Transfer[] {
  const { call, operands } = use;
  const place = operands.map((word) => NETWORK_ADDRESS.exec(word)).find((match) => match !== null);
  if (call.cut !== 'no')
    return [
      transferOf(
        use,
        {},
        { direction: 'unknown', confidence: place ? CONFIDENCE.hint : CONFIDENCE.cut, evidence: call.name },
      ),
    ];
  if (!place) return [];
  const host = readTarget(place[1] ?? '', { scheme: 'tcp' });
  const target: Target = { ...host, protocol: /^udp/i.test(place[0]) ? 'udp' : 'tcp' };
  const file = operands.map((word) => FILE_ADDRESS.exec(word)).find((match) => match !== null);
  const source = file?.[1] ?? file?.[2];
  const isFirst = operands[0] !== place.input;
  if (source !== undefined && isFirst) {
    return [
      transferOf(use, target, {
        direction: 'upload',
        confidence: CONFIDENCE.stream,
        evidence: `${operands[0]}`,
        sourceFiles: [source],
      }),
    ];
  }
  if (source !== undefined)
    return [
      transferOf(use, target, { direction: 'download', confidence: CONFIDENCE.download, evidence: place[0] }),
    ];
  return [transferOf(use, target, sentStream(use))];
}

/** ftp, lftp, sftp, tftp: their commands stand in an option, on standard input, or among the operands. */
export function recogniseScript(use: RuleUse): Transfer[] {
  const { rule, scan, call, operands } = use;
  const flag = scan.options.find(({ name }) => rule.sends?.[name] === 'flag');
  const scripts = scan.options.flatMap(({ name, value }) =>
    rule.scripts?.includes(name) ? [value ?? ''] : [],
  );
  const texts = [
    ...scripts,
    call.stdin.text ?? '',
    rule.operandsAreScript ? operands.slice(0, 16).join(' ') : '',
  ];
  const upload = new RegExp(typeof rule.uploads === 'string' ? rule.uploads : '$^', 'm');
  const deciding = texts.map((text) => upload.exec(text)).find((match) => match !== null);
  const place = operands.find((word) => !/^\d+$/.test(word) && word !== 'put' && word !== 'get');
  const target = place === undefined ? {} : scriptTarget(use, place);
  if (flag || (deciding && !isUndecided(use, deciding))) {
    const evidence = deciding ? afterMatch(deciding).slice(0, 80) : (flag?.name ?? '');
    const source = deciding
      ? /^\s*\S+\s+(?:-\S+\s+)*([^\s;"'&|]+)/.exec(evidence)?.[1]
      : scan.options.find(({ name }) => name === '-l')?.value;
    return [
      transferOf(use, target, {
        direction: 'upload',
        confidence: CONFIDENCE.file,
        evidence,
        sourceFiles: source ? [source] : [],
      }),
    ];
  }
  if (place === undefined && texts.every((text) => text === '') && call.cut === 'no') return [];
  const confidence = call.cut === 'no' ? CONFIDENCE.connection : CONFIDENCE.cut;
  return [transferOf(use, target, { direction: 'unknown', confidence, evidence: call.name })];
}

/** A word at the very end of a cut line may go on: `put` may become `putty`. */
function isUndecided({ call }: RuleUse, match: RegExpExecArray): boolean {
  return call.cut !== 'no' && /\w$/.test(match[0]);
}

function afterMatch(match: RegExpExecArray): string {
  return (
    match.input
      .slice(match.index)
      .replace(/^[\s;"'&|-]+/, '')
      .split('\n')[0] ?? ''
  );
}

function scriptTarget(use: RuleUse, place: string): Target {
  const isPartial = isPartialWord(use, place);
  if (place.includes('://')) return readTarget(place, { isPartial });
  if (isPartial) return {};
  return place.includes(':') ? readTarget(place) : withHost({}, place);
}

/** One-liners. A pattern ends in a character that decides, so that a cut cannot make it match. */
export function recogniseCode(use: RuleUse): Transfer[] {
  const { rule, scan, call } = use;
  const texts = scan.options.flatMap(({ name, value }) =>
    rule.scripts?.includes(name) && value !== undefined ? [value] : [],
  );
  const next = call.args[scan.next];
  if (texts.length === 0 && (next === undefined || next === '-') && call.stdin.text !== undefined)
    texts.push(call.stdin.text);
  const code = texts.join('\n').slice(0, 100_000);
  if (code === '') return [];
  const upload = firstMatch(rule.uploads, code);
  const download = firstMatch(rule.downloads, code);
  const url = /[a-z][a-z0-9+]{1,9}:\/\/[^\s'"`\\)]*[^\s'"`\\),;]/i.exec(code)?.[0];
  const isUrlWhole = url !== undefined && !(call.cut !== 'no' && code.endsWith(url));
  const target = url !== undefined && isUrlWhole ? readTarget(url) : {};
  if (upload !== undefined) {
    const readsFile = firstMatch(rule.files, code) !== undefined;
    const confidence = readsFile ? CONFIDENCE.codeWithFile : CONFIDENCE.code;
    const file =
      /(?:open|readFileSync|createReadStream|read|file_get_contents|upload_file)\(\s*['"]([^'"]+)['"]/.exec(
        code,
      )?.[1];
    return [
      transferOf(use, target, {
        direction: 'upload',
        confidence,
        evidence: upload,
        sourceFiles: file ? [file] : [],
      }),
    ];
  }
  if (download === undefined) return [];
  const isCut = call.cut !== 'no';
  return [
    transferOf(use, target, {
      direction: isCut ? 'unknown' : 'download',
      confidence: isCut ? CONFIDENCE.cut : CONFIDENCE.download,
      evidence: download,
    }),
  ];
}

function firstMatch(patterns: string | string[] | undefined, code: string): string | undefined {
  for (const pattern of [patterns ?? []].flat()) {
    const match = new RegExp(pattern).exec(code);
    if (match) return match[0].slice(0, 80);
  }
  return undefined;
}
