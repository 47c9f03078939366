/**
 * What can be asked of stored events, and by which names: the fields of each table, as the filter language (parse.ts) knows them.
 * Their SQL stands in src/live/explore/relations.ts.
 */

export type FieldType =
  | 'text'
  /** Texts, any of which may match. */
  | 'list'
  /** An entity by its name, or by `kind:name`. */
  | 'entity'
  /** An address or a network. */
  | 'address'
  | 'number'
  | 'bytes'
  /** A span of time. */
  | 'seconds'
  | 'boolean'
  | 'time';

export interface Field {
  type: FieldType;
  says: string;
  /** A column of the table as it is shown first; all others stand in a row's details. */
  isShown?: boolean;
}

export interface QueryTable {
  title: string;
  says: string;
  fields: Record<string, Field>;
  /** Text without a field is looked for in these. */
  searched: string[];
}

const time: Field = { type: 'time', says: 'When it began.', isShown: true };
const entity: Field = {
  type: 'entity',
  says: 'Whose it is: workload, container or address, as far as it is known.',
  isShown: true,
};
const text = (says: string, isShown = false): Field => ({ type: 'text', says, isShown });
const bytes = (says: string): Field => ({ type: 'bytes', says, isShown: true });
const number = (says: string, isShown = false): Field => ({ type: 'number', says, isShown });
const address = (says: string, isShown = false): Field => ({ type: 'address', says, isShown });
const boolean = (says: string): Field => ({ type: 'boolean', says });
/** Where the row was read. */
const origin: Record<string, Field> = {
  source: text('Which source told it.', true),
  file: text('The log it was read from.'),
  line: number('Its line in that log.'),
};
const ends: Record<string, Field> = {
  src_ip: address('Address of the client.'),
  dst_ip: address('Address of the server.', true),
  dst_port: number('Port of the server.', true),
};
const container_uid = text('Id of the container.');

const connection: QueryTable = {
  title: 'Connections',
  says: 'Each connection once, however many sensors saw it.',
  searched: ['entity', 'dst_entity', 'peer', 'domain', 'app', 'state', 'ja3', 'ja4'],
  fields: {
    time,
    entity: { ...entity, says: 'Who opened it.' },
    peer: text('With whom: the name if one was seen, else the address.', true),
    dst_entity: { type: 'entity', says: 'Who answered, where that is known.' },
    dst_port: number('Port of the server.', true),
    app: text('What was spoken: http, ssl, ssh …', true),
    bytes_out: bytes('From who opened it.'),
    bytes_in: bytes('To who opened it.'),
    duration: { type: 'seconds', says: 'How long it lasted.', isShown: true },
    protocol: text('tcp, udp …'),
    state: text('How it stood when it was last seen.'),
    domain: text('The name that was seen.'),
    src_ip: address('Address of who opened it.'),
    src_port: number('Its port.'),
    dst_ip: address('Address of who answered.'),
    packets_out: number('From who opened it.'),
    packets_in: number('To who opened it.'),
    connections: number('How many the row stands for.'),
    ja3: text('Fingerprint of the TLS client, as JA3 makes it.'),
    ja4: text('The same, as JA4 makes it.'),
    container_uid,
    is_src_inside: boolean('Whether who opened it is inside.'),
    is_dst_inside: boolean('Whether who answered is inside.'),
    is_proxied: boolean('Whether it went through a proxy.'),
    attribution: text('How the entity was told.'),
    confidence: number('How sure that is, 0 to 1.'),
    sources: { type: 'list', says: 'Which sources saw it.', isShown: true },
  },
};

const processes: QueryTable = {
  title: 'Processes',
  says: 'Processes that were started, with their command lines.',
  searched: ['entity', 'process_name', 'cmd_line', 'process_file_path', 'rule'],
  fields: {
    time,
    entity,
    process_name: text('Name of the program.', true),
    cmd_line: text('The command line, secrets masked.', true),
    activity: text('What it did: launch …'),
    process_file_path: text('The program’s file.'),
    parent_process_name: text('Who started it.'),
    user_name: text('As whom.'),
    pid: number('Number of the process.'),
    rule: text('The sensor’s rule that told it.'),
    container_uid,
    ...origin,
  },
};

const command: QueryTable = {
  title: 'Commands',
  says: 'Commands that transfer, pack or schedule something, as a shell would read them.',
  searched: ['entity', 'tool', 'host', 'cmd_line'],
  fields: {
    time,
    entity,
    tool: text('The tool: curl, git, rclone …', true),
    direction: text('upload, download …', true),
    host: text('Where to.', true),
    port: number('Port there.'),
    protocol: text('By which protocol.'),
    cmd_line: text('The command line, secrets masked.', true),
    seen_by: text('process, or orchestration: told by the engine or the API server.'),
    is_interactive: boolean('Somebody sat at a terminal.'),
    is_loop: boolean('It repeats itself.'),
    has_scheduler: boolean('A scheduler starts it.'),
    is_exec: boolean('Started in a container that ran already.'),
    container_uid,
    ...origin,
  },
};

const http: QueryTable = {
  title: 'HTTP requests',
  says: 'Requests, with the names and sizes that sensors and proxies told.',
  searched: ['entity', 'peer', 'url_path', 'user_agent'],
  fields: {
    time,
    entity,
    method: text('GET, POST …', true),
    peer: text('Name of the host, else its address.', true),
    url_path: text('Path, secrets masked.', true),
    request_body_bytes: bytes('What was sent.'),
    response_body_bytes: bytes('What came back.'),
    http_status: number('Status of the answer.', true),
    user_agent: text('What the client calls itself.'),
    ...ends,
    is_proxied: boolean('Whether a proxy told it.'),
    ...origin,
  },
};

const dns: QueryTable = {
  title: 'DNS queries',
  says: 'Names that were asked for, and what was answered.',
  searched: ['entity', 'query_hostname', 'answers'],
  fields: {
    time,
    entity,
    query_hostname: text('The name.', true),
    query_type: text('A, AAAA, TXT …', true),
    rcode: text('How it was answered.', true),
    answers: { type: 'list', says: 'What was answered.', isShown: true },
    ...ends,
    ...origin,
  },
};

const ftp: QueryTable = {
  title: 'FTP commands',
  says: 'Commands and transfers of FTP.',
  searched: ['entity', 'command', 'file_name'],
  fields: {
    time,
    entity,
    activity: text('put, get, list, other.', true),
    command: text('STOR, RETR …', true),
    file_name: text('Which file.', true),
    file_size: bytes('How large.'),
    code: number('The server’s answer.'),
    ...ends,
    ...origin,
  },
};

const file: QueryTable = {
  title: 'Files',
  says: 'Files that were written, read, deleted or sent over the network.',
  searched: ['entity', 'file_path', 'process_name'],
  fields: {
    time,
    entity,
    activity: text('open_write, write, read, delete, network_transfer …', true),
    file_path: text('Which file.', true),
    process_name: text('Which program.', true),
    file_size: { type: 'bytes', says: 'How large.' },
    bytes_written: bytes('What was written.'),
    file_sha256: text('Its SHA-256.'),
    pid: number('Number of the process.'),
    container_uid,
    ...origin,
  },
};

const api: QueryTable = {
  title: 'Engine and API calls',
  says: 'Events of container engines and the Kubernetes audit log.',
  searched: ['entity', 'api_operation', 'resource_name', 'actor_user_name', 'cmd_line', 'detail'],
  fields: {
    time,
    entity,
    api_operation: text('create, start, exec_create …', true),
    resource_type: text('container, pods, secrets …', true),
    resource_name: text('Its name.', true),
    namespace: text('Its namespace.'),
    subresource: text('exec, attach …'),
    actor_user_name: text('Who did it.', true),
    cmd_line: text('The command, secrets masked.', true),
    is_interactive: boolean('Somebody sat at a terminal.'),
    http_status: number('The API server’s answer.'),
    src_ip: address('Where it was asked from.'),
    container_uid,
    container_image: text('The image.'),
    detail: text('What changed or was asked.'),
    ...origin,
  },
};

const repository: QueryTable = {
  title: 'Code hosts and registries',
  says: 'Pushes, pulls and settings, as code hosts and image registries tell them.',
  searched: ['entity', 'host', 'repository', 'actor_user_name', 'detail'],
  fields: {
    time,
    entity,
    service_kind: text('code-host or registry.', true),
    api_operation: text('push, pull, create …', true),
    host: text('Name of the service.', true),
    repository: text('Which repository.', true),
    bytes: bytes('What came in with it.'),
    actor_user_name: text('Who did it.', true),
    user_agent: text('What the client calls itself.'),
    src_ip: address('Where it was asked from.'),
    http_status: number('The answer.'),
    is_public: boolean('Whether anybody may read it.'),
    detail: text('The service’s own words.'),
    ...origin,
  },
};

export const QUERY_TABLES = {
  connection,
  process: processes,
  command,
  http,
  dns,
  ftp,
  file,
  api,
  repository,
} as const satisfies Record<string, QueryTable>;

export type QueryTableName = keyof typeof QUERY_TABLES;

export const QUERY_TABLE_NAMES = Object.keys(QUERY_TABLES) as [QueryTableName, ...QueryTableName[]];

/** The title of a table within a sentence. */
export const inSentence = (table: QueryTableName): string =>
  QUERY_TABLES[table].title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());

export const fieldsOf = (table: QueryTableName): Record<string, Field> => QUERY_TABLES[table].fields;
