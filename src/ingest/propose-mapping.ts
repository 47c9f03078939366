import { stringify } from 'yaml';
import type { Column } from '../store/tables.js';
import { parseObject, writeJson } from './json.js';
import type { Mapping } from './mapping-values.js';
import { splitRow } from './table.js';

export interface Proposal {
  /** The mapping file. */
  text: string;
  /** Columns the table needs and no key of the log looks like. */
  open: string[];
}

/** A log as far as a proposal needs it. */
export interface Sample {
  /** Keys (a.b reaches into objects) or column names, each with a value it has in the sample. */
  keys: Map<string, string>;
  /** JSON objects, or text under a line of names. */
  kind: 'json' | 'table';
}

/** Nobody nests what an analytic reads deeper. */
const MAX_DEPTH = 4;

/** Null when the lines are neither JSON objects nor columns under a line of names. */
export function readSample(lines: string[]): Sample | null {
  const objects = lines.map(parseObject).filter((object) => object !== null);
  if (objects.length > 0) {
    const keys = new Map<string, string>();
    for (const object of objects) flatten(object, '', keys);
    return { keys, kind: 'json' };
  }
  const [header, ...rows] = lines;
  const separator = header?.includes('\t') ? '\t' : header?.includes(',') ? ',' : ' ';
  const names = splitRow(header ?? '', separator).map((name) => name.trim());
  const isHeader = names.length > 1 && names.every((name) => /^[@A-Za-z_][\w .:/@-]*$/.test(name));
  const first = rows.map((row) => splitRow(row, separator)).find((row) => row.length === names.length);
  if (!isHeader || !first) return null;
  return { keys: new Map(names.map((name, index) => [name, first[index]!])), kind: 'table' };
}

function flatten(
  object: Record<string, unknown>,
  prefix: string,
  into: Map<string, string>,
  depth = 1,
): void {
  for (const [key, value] of Object.entries(object)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (value !== null && typeof value === 'object' && !Array.isArray(value) && depth < MAX_DEPTH)
      flatten(value as Record<string, unknown>, path, into, depth + 1);
    else if (!into.has(path))
      into.set(path, typeof value === 'object' ? (writeJson(value) ?? '') : String(value));
  }
}

/** What producers call the value of a column, in small letters and without marks; the likeliest first. */
const CALLED: Record<string, string[]> = {
  time: [
    'timestamp',
    'time',
    'ts',
    'eventtime',
    'starttime',
    'start',
    'at',
    'date',
    'datetime',
    'created',
    'createdat',
  ],
  end_time: ['endtime', 'end', 'lastseen'],
  src_endpoint_ip: [
    'sourceip',
    'srcip',
    'clientip',
    'sourceaddress',
    'srcaddr',
    'saddr',
    'remoteaddr',
    'clientaddr',
    'client',
    'source',
    'src',
    'remoteip',
    'ip',
  ],
  src_endpoint_port: ['sourceport', 'srcport', 'clientport', 'sport', 'spt', 'remoteport'],
  dst_endpoint_ip: [
    'destinationip',
    'destip',
    'dstip',
    'serverip',
    'serveraddr',
    'destinationaddress',
    'dstaddr',
    'daddr',
    'server',
    'upstreamaddr',
    'destination',
    'dest',
    'dst',
  ],
  dst_endpoint_port: ['destinationport', 'destport', 'dstport', 'serverport', 'dport', 'dpt', 'port'],
  connection_info_protocol_name: ['protocol', 'proto', 'transport', 'networktransport'],
  traffic_bytes_out: [
    'bytessent',
    'bytesout',
    'sentbytes',
    'sourcebytes',
    'srcbytes',
    'origbytes',
    'requestbytes',
  ],
  traffic_bytes_in: [
    'bytesreceived',
    'bytesin',
    'receivedbytes',
    'rcvdbytes',
    'destinationbytes',
    'dstbytes',
    'respbytes',
    'responsebytes',
  ],
  traffic_packets_out: ['packetssent', 'packetsout', 'sentpackets', 'sourcepackets', 'srcpackets'],
  traffic_packets_in: ['packetsreceived', 'packetsin', 'receivedpackets', 'destinationpackets', 'dstpackets'],
  dst_endpoint_domain: ['sni', 'servername', 'destinationdomain', 'hostname'],
  http_request_method: ['requestmethod', 'httprequestmethod', 'method', 'verb'],
  url_hostname: ['host', 'urldomain', 'hostname', 'authority', 'vhost', 'domain'],
  url_path: ['urlpath', 'requesturi', 'uri', 'path', 'url', 'request'],
  user_agent: ['useragent', 'httpuseragent', 'agent'],
  request_body_bytes: [
    'requestbodybytes',
    'requestlength',
    'requestsize',
    'bytesreceived',
    'sent',
    'contentlength',
  ],
  response_body_bytes: ['responsebodybytes', 'bodybytessent', 'responsesize', 'bytessent', 'bytes'],
  http_status: ['statuscode', 'httpstatus', 'responsecode', 'status', 'code'],
  query_hostname: ['dnsquestionname', 'query', 'qname', 'queryname', 'question', 'domain'],
  query_type: ['querytype', 'qtype', 'dnsquestiontype', 'type'],
  rcode: ['rcode', 'responsecode', 'dnsresponsecode'],
  answers: ['answers', 'dnsanswers', 'response'],
  cmd_line: ['cmdline', 'commandline', 'processcommandline', 'command', 'cmd', 'args'],
  process_name: ['processname', 'comm', 'process', 'exe', 'image'],
  process_file_path: ['processexecutable', 'executable', 'exe', 'exepath', 'processpath', 'binary'],
  parent_process_name: ['parentprocessname', 'processparentname', 'parent', 'pcomm', 'parentname'],
  pid: ['pid', 'processpid', 'processid'],
  user_name: ['username', 'user', 'login'],
  actor_user_name: ['actor', 'username', 'user', 'principal', 'author'],
  file_path: ['filepath', 'path', 'filename', 'file', 'name'],
  file_size: ['filesize', 'size'],
  activity: ['activity', 'eventaction', 'operation', 'action', 'event', 'eventtype'],
  api_operation: ['operation', 'action', 'eventaction', 'verb', 'event'],
  resource_type: ['resourcetype', 'objecttype', 'kind', 'targettype', 'resource'],
  resource_name: ['resourcename', 'objectname', 'target', 'name'],
  repository: ['repository', 'repositoryname', 'repo', 'project', 'projectpath'],
  host: ['host', 'hostname', 'server'],
  bytes: ['bytes', 'size', 'length'],
  container_uid: ['containerid', 'containeruid', 'container'],
  container_name: ['containername'],
  container_image: ['containerimage', 'containerimagename', 'image'],
  pod: ['pod', 'podname', 'kubernetespodname', 'orchestratorresourcename'],
  namespace: ['namespace', 'kubernetesnamespace', 'podnamespace', 'orchestratornamespace'],
  node: ['nodename', 'node', 'observerhostname'],
  session_uid: ['sessionid', 'requestid', 'traceid', 'flowid', 'uid', 'id'],
};

/** Columns nobody can guess the words of. */
const PLACEHOLDER: Record<string, string> = {
  activity: 'exec',
  service_kind: 'code-host',
  api_operation: 'push',
  resource_type: 'repository',
};

/** A mapping file to start from: guesses by name, everything else as comments, so that a person decides. */
export function proposeMapping(id: string, table: string, columns: Column[], sample: Sample): Proposal {
  const map: Mapping = {};
  const used = new Set<string>();
  for (const column of columns) {
    const key = bestKey(CALLED[column.name] ?? [], sample.keys, used);
    if (key === null) continue;
    used.add(key);
    const unit = column.type.startsWith('DateTime64') ? unitOf(sample.keys.get(key)!) : null;
    map[column.name] = unit ? { from: key, unit } : key;
  }
  const isOpen = ({ name, hasDefault, type }: Column) =>
    !hasDefault &&
    map[name] === undefined &&
    (name === 'time' ||
      type === 'IPv6' ||
      name in PLACEHOLDER ||
      name === 'cmd_line' ||
      name === 'file_path' ||
      name === 'query_hostname');
  const open = columns.filter(isOpen).map(({ name }) => name);
  const named = Object.values(map).map((value) =>
    typeof value === 'string' ? value : (value as { from: string }).from,
  );
  const telling = named.slice(0, 5);
  const head = {
    id,
    title: `${id.replaceAll('-', ' ')} log`,
    product: id,
    into: table,
    recognize: [sample.kind === 'json' ? { json: { keys: telling } } : { table: { header: telling } }],
  };
  const rest = [...sample.keys.keys()].filter((key) => !used.has(key));
  return { text: [stringify(head), toMap(map, open), toRest(rest)].join(''), open };
}

/** A key is a column's when all of it, or its last part, is a name of it. */
function bestKey(names: string[], keys: Map<string, string>, used: Set<string>): string | null {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  for (const name of names) {
    for (const key of keys.keys()) if (!used.has(key) && plain(key) === name) return key;
  }
  for (const name of names) {
    for (const key of keys.keys()) if (!used.has(key) && plain(key.split('.').at(-1)!) === name) return key;
  }
  return null;
}

/** Of a number so large that it cannot be seconds. */
function unitOf(value: string): 'milliseconds' | 'microseconds' | 'nanoseconds' | null {
  if (/^\d{12,14}$/.test(value)) return 'milliseconds';
  if (/^\d{15,17}$/.test(value)) return 'microseconds';
  return /^\d{18,20}$/.test(value) ? 'nanoseconds' : null;
}

function toMap(map: Mapping, open: string[]): string {
  const known = stringify({ map });
  const missing = open.map((column) => {
    const guess = PLACEHOLDER[column];
    return guess === undefined
      ? `  # ${column}: needed; name the key it stands under\n`
      : `  # ${column}: needed; name its key, or say what it always is: { value: ${guess} }\n`;
  });
  return `${known}${missing.join('')}`;
}

const toRest = (keys: string[]): string =>
  keys.length > 0
    ? `# Keys of the log that fill nothing yet:\n${keys.map((key) => `#   ${plainly(key)}\n`).join('')}`
    : '';

/** A key as JSON in ASCII: a comment of the file must end where the line does, and be read as it is. */
const plainly = (key: string): string =>
  JSON.stringify(key).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
