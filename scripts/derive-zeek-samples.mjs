// Makes the samples of sources/zeek-*: real traffic in a network namespace of its own, captured full length, taken apart by
// tshark and written in Zeek's schema. Zeek itself is not in Debian; what only Zeek knows (uid, history) is made up or left out.
//
//   sudo node scripts/derive-zeek-samples.mjs [work folder]     needs ip, tcpdump, tshark, curl, openssl
//
// 192.0.2.10 is the client, 198.51.100.10 the servers. Nothing leaves: the pair of namespaces has no other link.
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const WORK = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'stowaway-derive-'));
const CLIENT = 'stow-client';
const SERVER = 'stow-server';
const [CLIENT_IP, SERVER_IP] = ['192.0.2.10', '198.51.100.10'];
const pcap = join(WORK, 'traffic.pcap');

async function main() {
  mkdirSync(WORK, { recursive: true });
  const started = [];
  try {
    layNetwork();
    openssl();
    started.push(run(SERVER, [process.execPath, fileURLToPath(import.meta.url), WORK, 'serve']));
    started.push(
      run(CLIENT, [
        'tcpdump',
        '-Z',
        'root',
        '-i',
        'v0',
        '-U',
        '--immediate-mode',
        '-s',
        '0',
        '-w',
        pcap,
        'ip',
      ]),
    );
    await sleep(1500);
    emit();
    await sleep(1500);
  } finally {
    for (const child of started) child.kill('SIGINT');
    await sleep(500);
    for (const name of [CLIENT, SERVER]) quiet('ip', ['netns', 'delete', name]);
  }
  convert();
}

function layNetwork() {
  for (const name of [CLIENT, SERVER]) {
    quiet('ip', ['netns', 'delete', name]);
    sh(`ip netns add ${name}; ip -n ${name} link set lo up`);
  }
  sh(`ip -n ${CLIENT} link add v0 type veth peer name v1 netns ${SERVER}
    ip -n ${CLIENT} addr add ${CLIENT_IP}/24 dev v0; ip -n ${SERVER} addr add ${SERVER_IP}/24 dev v1
    ip -n ${CLIENT} link set v0 up; ip -n ${SERVER} link set v1 up
    ip -n ${CLIENT} route add default dev v0; ip -n ${SERVER} route add default dev v1`);
}

function openssl() {
  sh(
    `openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ${WORK}/key.pem -out ${WORK}/cert.pem -subj /CN=drop.example 2>/dev/null`,
  );
}

/** What the client does; each command names what it wants seen. */
function emit() {
  const file = join(WORK, 'backup.tgz');
  writeFileSync(file, Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), randomBytes(40_000)]));
  const names = ['drop.example:80', 'drop.example:443'].flatMap((name) => [
    '--resolve',
    `${name}:${SERVER_IP}`,
  ]);
  const curl = (...args) =>
    quiet('ip', ['netns', 'exec', CLIENT, 'curl', '-s', '-m', '10', '-o', '/dev/null', ...names, ...args]);
  curl('http://drop.example/index.html?page=1');
  curl('-T', file, 'http://drop.example/up/backup.tgz');
  curl('-d', 'token=abc&data=x', '-A', 'updater/1.0', 'http://drop.example/post?api_key=0123456789abcdef');
  curl('-x', `http://${SERVER_IP}:3128`, 'http://far.example:8080/a?b=c');
  curl('-p', '-x', `http://${SERVER_IP}:3128`, 'http://tunnel.example:443/');
  curl('-k', 'https://drop.example/secret');
  curl('-k', `https://${SERVER_IP}/no-name`);
  curl('-T', file, '-u', 'bob:hunter2', `ftp://${SERVER_IP}/up/backup.tgz`);
  curl('-u', 'bob:hunter2', `ftp://${SERVER_IP}/readme.txt`);
  const ask = `const {Resolver}=require('node:dns').promises; const r=new Resolver({timeout:1000,tries:1}); r.setServers(['${SERVER_IP}']);
    (async()=>{for (const [n,t] of [['drop.example','A'],['drop.example','AAAA'],['note.example','TXT'],['none.example','A']]) await r.resolve(n,t).catch(()=>{});})()`;
  quiet('ip', ['netns', 'exec', CLIENT, process.execPath, '-e', ask]);
}

/** HTTP, a proxy that refuses nothing and forwards nothing, HTTPS, FTP (passive, no TLS) and DNS; inside the server's namespace. */
async function serve() {
  const http = await import('node:http');
  const https = await import('node:https');
  const net = await import('node:net');
  const udp = await import('node:dgram');
  const answer = (request, response) => {
    request.resume();
    request.on('end', () =>
      response
        .writeHead(request.method === 'PUT' ? 201 : 200, {
          'content-type': 'text/plain',
          'content-length': 5,
        })
        .end('done\n'),
    );
  };
  http.createServer(answer).listen(80);
  const proxy = http.createServer(answer).listen(3128);
  proxy.on('connect', (_, socket) => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')).on('error', () => {});
  });
  https
    .createServer({ key: readFileSync(`${WORK}/key.pem`), cert: readFileSync(`${WORK}/cert.pem`) }, answer)
    .listen(443);
  net.createServer((socket) => ftpSession(socket, net)).listen(21);
  const dns = udp.createSocket('udp4').bind(53);
  dns.on('message', (query, from) => dns.send(dnsAnswer(query), from.port, from.address));
}

function ftpSession(socket, net) {
  const data = net.createServer((channel) => {
    open = channel;
    channel.on('error', () => {});
    waiting?.(channel);
  });
  let open = null;
  let waiting = null;
  const withData = (use) => {
    if (open) use(open);
    else waiting = use;
  };
  const say = (line) => socket.write(`${line}\r\n`);
  const transfer = (text) => {
    say('150 here it comes');
    withData((channel) => {
      if (text !== null) channel.end(text);
      channel
        .on('close', () => {
          open = null;
          waiting = null;
          say('226 done');
        })
        .resume();
    });
  };
  say('220 ready');
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    for (const line of bytes.toString().split('\r\n').filter(Boolean)) {
      const verb = line.split(' ')[0].toUpperCase();
      if (verb === 'USER') say('331 password');
      else if (verb === 'PASS') say('230 welcome');
      else if (verb === 'PWD') say('257 "/"');
      else if (verb === 'EPSV')
        data.listening
          ? say(`229 ok (|||${data.address().port}|)`)
          : data.listen(0, () => say(`229 ok (|||${data.address().port}|)`));
      else if (verb === 'SIZE') say('213 6');
      else if (verb === 'STOR') transfer(null);
      else if (verb === 'RETR') transfer('hello\n');
      else if (verb === 'QUIT') socket.end('221 bye\r\n');
      else say('200 ok');
    }
  });
  socket.on('close', () => data.close());
}

function dnsAnswer(query) {
  const end = query.indexOf(0, 12) + 5;
  const name = query.toString('latin1', 12, end - 5);
  const type = query.readUInt16BE(end - 4);
  const records = name.includes('none')
    ? []
    : type === 1
      ? [Buffer.from([198, 51, 100, 10])]
      : type === 28
        ? [Buffer.from('20010db8000000000000000000000010', 'hex')]
        : [Buffer.concat([Buffer.from([9]), Buffer.from('k=1, v=22')])];
  const head = Buffer.from([0x81, name.includes('none') ? 0x83 : 0x80, 0, 1, 0, records.length, 0, 0, 0, 0]);
  const rows = records.map((data) =>
    Buffer.concat([Buffer.from([0xc0, 12, type >> 8, type & 255, 0, 1, 0, 0, 0, 60, 0, data.length]), data]),
  );
  return Buffer.concat([query.subarray(0, 2), head, query.subarray(12, end), ...rows]);
}

// ── From packets to Zeek's schema ────────────────────────────────────────────────────────────────────────────────

function convert() {
  const connections = new Map();
  for (const p of tshark('tcp or udp', [
    'frame.time_epoch',
    'ip.src',
    'ip.dst',
    'tcp.srcport',
    'tcp.dstport',
    'udp.srcport',
    'udp.dstport',
    'ip.len',
    'tcp.len',
    'udp.length',
    'tcp.stream',
    'udp.stream',
  ])) {
    const proto = p['tcp.stream'] === '' ? 'udp' : 'tcp';
    const key = `${proto}${p[`${proto}.stream`]}`;
    const c = connections.get(key) ?? connections.set(key, newConnection(p, proto, key)).get(key);
    const side =
      p['ip.src'] === c['id.orig_h'] && Number(p[`${proto}.srcport`]) === c['id.orig_p'] ? 'orig' : 'resp';
    c.last = Number(p['frame.time_epoch']);
    c[`${side}_pkts`] += 1;
    c[`${side}_ip_bytes`] += Number(p['ip.len']);
    c[`${side}_bytes`] += proto === 'tcp' ? Number(p['tcp.len']) : Number(p['udp.length']) - 8;
  }
  const of = (p) =>
    connections.get(p['tcp.stream'] !== '' ? `tcp${p['tcp.stream']}` : `udp${p['udp.stream']}`);
  const id = (c) => ({
    uid: c.uid,
    'id.orig_h': c['id.orig_h'],
    'id.orig_p': c['id.orig_p'],
    'id.resp_h': c['id.resp_h'],
    'id.resp_p': c['id.resp_p'],
  });
  const http = httpRows(of, id);
  const files = http.filter((row) => row.request_body_len > 0).map(fileRow);
  const rows = { http, files, ssl: sslRows(of, id), dns: dnsRows(of, id), ftp: ftpRows(of, id) };
  for (const row of [...rows.http, ...rows.ssl, ...rows.dns, ...rows.ftp]) {
    const c = [...connections.values()].find((one) => one.uid === row.uid);
    c.service ??= 'method' in row ? 'http' : 'command' in row ? 'ftp' : 'query' in row ? 'dns' : 'ssl';
  }
  const conn = [...connections.values()].map(({ last, ...c }) => ({
    ...c,
    duration: (last - Number(c.ts)).toFixed(6),
    conn_state: 'SF',
  }));
  writeTsv(
    'conn',
    'ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes',
    conn,
  );
  writeTsv(
    'http',
    'ts uid id.orig_h id.orig_p id.resp_h id.resp_p trans_depth method host uri user_agent request_body_len response_body_len status_code tags username password orig_fuids orig_mime_types',
    rows.http,
  );
  writeTsv(
    'dns',
    'ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto trans_id query qtype qtype_name rcode rcode_name answers rejected',
    rows.dns,
  );
  writeTsv(
    'files',
    'ts fuid tx_hosts rx_hosts conn_uids source mime_type filename is_orig seen_bytes',
    files,
  );
  writeJson('ssl', rows.ssl);
  writeJson('ftp', rows.ftp, true);
}

function newConnection(p, proto, key) {
  const uid = `C${createHash('sha256').update(key).digest('base64url').replace(/[-_]/g, '').slice(0, 16)}`;
  return {
    ts: time(p),
    uid,
    'id.orig_h': p['ip.src'],
    'id.orig_p': Number(p[`${proto}.srcport`]),
    'id.resp_h': p['ip.dst'],
    'id.resp_p': Number(p[`${proto}.dstport`]),
    proto,
    orig_bytes: 0,
    resp_bytes: 0,
    orig_pkts: 0,
    orig_ip_bytes: 0,
    resp_pkts: 0,
    resp_ip_bytes: 0,
    last: 0,
  };
}

function httpRows(of, id) {
  const fields = [
    'frame.time_epoch',
    'tcp.stream',
    'udp.stream',
    'http.request.method',
    'http.host',
    'http.request.uri',
    'http.user_agent',
    'http.content_length',
    'http.response.code',
    'http.file_data',
  ];
  const rows = [];
  for (const p of tshark('http', fields)) {
    const length = Number(p['http.content_length'] || 0);
    if (p['http.request.method']) {
      const target = p['http.request.uri'];
      rows.push({
        ts: time(p),
        ...id(of(p)),
        trans_depth: 1,
        method: p['http.request.method'],
        host: p['http.host'].replace(/:\d+$/, ''),
        uri: target,
        user_agent: p['http.user_agent'],
        request_body_len: length,
        response_body_len: 0,
        tags: [],
        password: null,
        ...(length > 0
          ? {
              orig_fuids: [`F${of(p).uid.slice(1)}`],
              orig_mime_types: [length > 1000 ? 'application/gzip' : 'text/plain'],
            }
          : {}),
      });
    } else if (p['http.response.code']) {
      const row = rows.find((one) => one.uid === of(p).uid && one.status_code === undefined);
      if (row)
        Object.assign(row, { status_code: Number(p['http.response.code']), response_body_len: length });
    }
  }
  return rows;
}

const fileRow = (row) => ({
  ts: row.ts,
  fuid: row.orig_fuids[0],
  tx_hosts: [row['id.orig_h']],
  rx_hosts: [row['id.resp_h']],
  conn_uids: [row.uid],
  source: 'HTTP',
  mime_type: row.orig_mime_types[0],
  is_orig: 'T',
  seen_bytes: row.request_body_len,
});

function sslRows(of, id) {
  const rows = [];
  for (const p of tshark('tls.handshake.type == 1 or tls.handshake.type == 2', [
    'frame.time_epoch',
    'tcp.stream',
    'udp.stream',
    'tls.handshake.type',
    'tls.handshake.extensions_server_name',
    'tls.handshake.ja3',
    'tls.handshake.extensions.supported_version',
  ])) {
    const row = rows.find((one) => one.uid === of(p).uid);
    if (!row)
      rows.push({
        ts: Number(time(p)),
        ...id(of(p)),
        ...(p['tls.handshake.extensions_server_name']
          ? { server_name: p['tls.handshake.extensions_server_name'] }
          : {}),
        resumed: false,
        established: true,
        ja3: p['tls.handshake.ja3'],
      });
    else if (p['tls.handshake.extensions.supported_version'].startsWith('0x0304')) row.version = 'TLSv13';
  }
  return rows;
}

function dnsRows(of, id) {
  const names = { 1: 'A', 28: 'AAAA', 16: 'TXT' };
  const rows = [];
  for (const p of tshark('dns', [
    'frame.time_epoch',
    'tcp.stream',
    'udp.stream',
    'dns.flags.response',
    'dns.id',
    'dns.qry.name',
    'dns.qry.type',
    'dns.flags.rcode',
    'dns.a',
    'dns.aaaa',
    'dns.txt',
  ])) {
    const transaction = Number.parseInt(p['dns.id'], 16);
    if (!/^(1|True)$/.test(p['dns.flags.response'])) {
      const qtype = Number(p['dns.qry.type']);
      rows.push({
        ts: time(p),
        ...id(of(p)),
        proto: 'udp',
        trans_id: transaction,
        query: p['dns.qry.name'],
        qtype,
        qtype_name: names[qtype],
        rejected: 'F',
      });
      continue;
    }
    const row = rows.find((one) => one.trans_id === transaction && one.uid === of(p).uid);
    const answers = [
      p['dns.a'],
      p['dns.aaaa'],
      p['dns.txt'] && `TXT ${p['dns.txt'].length} ${p['dns.txt']}`,
    ].filter(Boolean);
    const rcode = Number(p['dns.flags.rcode']);
    Object.assign(row, {
      rcode,
      rcode_name: rcode === 3 ? 'NXDOMAIN' : 'NOERROR',
      ...(answers.length > 0 ? { answers } : {}),
    });
  }
  return rows;
}

function ftpRows(of, id) {
  const rows = [];
  for (const p of tshark('ftp', [
    'frame.time_epoch',
    'tcp.stream',
    'udp.stream',
    'ftp.request.command',
    'ftp.request.arg',
    'ftp.response.code',
    'ftp.response.arg',
    'ftp.passive.port',
  ])) {
    const command = p['ftp.request.command'];
    if (/^(EPSV|STOR|RETR|SIZE)$/.test(command)) {
      const arg = p['ftp.request.arg'];
      rows.push({
        ts: Number(time(p)),
        ...id(of(p)),
        user: 'bob',
        password: '<hidden>',
        command,
        ...(arg ? { arg: `ftp://${SERVER_IP}/./${arg}` } : {}),
      });
    }
    const last = rows.filter((one) => one.uid === of(p).uid).at(-1);
    if (!last || !p['ftp.response.code'] || p['ftp.response.code'] === '150' || last.reply_code) continue;
    Object.assign(last, { reply_code: Number(p['ftp.response.code']), reply_msg: p['ftp.response.arg'] });
    const port = /\|\|\|(\d+)\|/.exec(p['ftp.response.arg']);
    if (port)
      Object.assign(last, {
        'data_channel.passive': true,
        'data_channel.orig_h': CLIENT_IP,
        'data_channel.resp_h': SERVER_IP,
        'data_channel.resp_p': Number(port[1]),
      });
  }
  return rows.filter((row) => row.command !== 'SIZE');
}

// ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

const TYPES = {
  'id.orig_h': 'addr',
  'id.resp_h': 'addr',
  'id.orig_p': 'port',
  'id.resp_p': 'port',
  proto: 'enum',
  is_orig: 'bool',
  rejected: 'bool',
  ts: 'time',
  duration: 'interval',
  tx_hosts: 'set[addr]',
  rx_hosts: 'set[addr]',
  conn_uids: 'set[string]',
  tags: 'set[enum]',
  orig_fuids: 'vector[string]',
  orig_mime_types: 'vector[string]',
  answers: 'vector[string]',
};

const COUNTS = /_(bytes|pkts|len|id|depth)$|^(qtype|rcode|status_code)$/;

/** Zeek's own escaping: separators and non-printing bytes as \xHH. */
const escapeValue = (text) =>
  text
    .replace(/\\/g, '\\\\')
    .replace(/[\t\n\r]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

function tsvValue(value) {
  if (value === undefined || value === null || value === '') return '-';
  if (Array.isArray(value))
    return value.length === 0
      ? '(empty)'
      : value.map((one) => escapeValue(one).replace(/,/g, '\\x2c')).join(',');
  return escapeValue(String(value));
}

function writeTsv(path, names, rows) {
  const fields = names.split(' ');
  const head = [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    `#path\t${path}`,
    `#fields\t${fields.join('\t')}`,
    `#types\t${fields.map((field) => TYPES[field] ?? (COUNTS.test(field) ? 'count' : 'string')).join('\t')}`,
  ];
  write(path, [...head, ...rows.map((row) => fields.map((field) => tsvValue(row[field])).join('\t'))]);
}

function writeJson(path, rows, isIso = false) {
  write(
    path,
    rows.map((row) => JSON.stringify(isIso ? { ...row, ts: isoOf(row.ts) } : row)),
  );
}

const isoOf = (seconds) =>
  `${new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19)}.${seconds.toFixed(6).split('.')[1]}Z`;

function write(path, lines) {
  const file = join(ROOT, 'sources', `zeek-${path}`, 'sample.log');
  writeFileSync(file, `${lines.join('\n')}\n`);
  console.log(`${file}: ${lines.length} lines`);
}

const time = (p) => Number(p['frame.time_epoch']).toFixed(6);

function tshark(filter, fields) {
  const text = execFileSync(
    'tshark',
    [
      '-r',
      pcap,
      '-Y',
      filter,
      '-d',
      'tcp.port==3128,http',
      '-T',
      'fields',
      '-E',
      'separator=/t',
      '-E',
      'occurrence=f',
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 },
  );
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => Object.fromEntries(line.split('\t').map((value, index) => [fields[index], value])));
}

function run(namespace, command) {
  return spawn('ip', ['netns', 'exec', namespace, ...command], { stdio: 'ignore' });
}

function sh(script) {
  execFileSync('sh', ['-ec', script], { stdio: 'inherit' });
}

function quiet(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
  } catch {
    // A namespace that is not there, a server that closed: nothing to do.
  }
}

if (process.argv[3] === 'serve') await serve();
else await main();
