// What an attacker can do otherwise where no connection is seen: a registry, a code host, a cluster, an engine or a volume tells of the deed.
// As in mutations.mjs, each must change what these would have written, and nothing else.
import { mapTexts, mapTimes } from './logs.mjs';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** A record as it would be told `seconds` later. */
const later = (record, seconds) =>
  seconds === 0
    ? record
    : JSON.parse(mapTimes(JSON.stringify(record), (whole, fraction) => [whole + seconds, fraction]));

const copyOf = (record) => JSON.parse(JSON.stringify(record));

/** Each JSON line that holds `marker` and `isMine` is replaced by the records that `change` returns for it; other text stays. */
function mapRecords(logs, { marker, isMine }, change) {
  let index = 0;
  return mapTexts(logs, (text) => {
    if (!text.includes(marker)) return text;
    return text
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => {
        if (!line.startsWith('{') || !line.includes(marker)) return [line];
        const record = JSON.parse(line);
        return isMine(record) ? change(record, index++).map((one) => JSON.stringify(one)) : [line];
      })
      .map((line) => `${line}\n`)
      .join('');
  });
}

function someRecord(logs, which) {
  let found = false;
  mapRecords(logs, which, (record) => {
    found = true;
    return [record];
  });
  return found;
}

/** One change of each record of the deed, in place. */
const each = (change) => (record, attack) => {
  change(record, attack);
  return [record];
};

const timeOf = (record) => {
  let first = null;
  mapTimes(JSON.stringify(record), (seconds, fraction) => {
    first ??= seconds + fraction;
    return [seconds, fraction];
  });
  return first;
};

/**
 * A kind of teller: `marker` is in each of its records, `isTold` knows them, `isKnownBy` those that no other deed has, and `isDeed` those of the
 * deed. What `accuses` says is the entity of the mutated attack, where it is another than that of the attack as it was. `isOfAll`: not the
 * deed alone is told otherwise.
 */
function toldBy({ marker, isTold, isDeed = isTold, isKnownBy = isTold }, mutations) {
  const known = new WeakMap();
  const isAbout = (attack) => {
    const isMine = (record) => isKnownBy(record) && isDeed(record, attack);
    if (!known.has(attack.logs)) known.set(attack.logs, someRecord(attack.logs, { marker, isMine }));
    return known.get(attack.logs);
  };
  return mutations.map(({ name, because, change, accuses, isOfAll = false, fits = () => true }) => ({
    group: 'told',
    name,
    because,
    accuses,
    fits: (attack) => isAbout(attack) && fits(attack),
    apply: (attack) =>
      mapRecords(
        attack.logs,
        { marker, isMine: (record) => isTold(record) && (isOfAll || isDeed(record, attack)) },
        (record, index) => change(record, { ...attack, index }),
      ),
  }));
}

const lastOf = (path) => path.split('/').at(-1);
const otherName = (name) => (entity) => entity.replace(/[^/]+\/[^/]+$/, name);

// --- a registry's notifications ---

const pushes = {
  marker: '"events":[',
  isTold: (record) => record.events.length === 1 && record.events[0].target?.repository !== undefined,
  isDeed: (record, { start, entities }) =>
    timeOf(record) >= start &&
    entities.some((entity) => entity.endsWith(`/${eventOf(record).target.repository}`)),
};
const eventOf = (record) => record.events[0];
const isBlob = (record) => /octet-stream|diff\.tar/.test(eventOf(record).target.mediaType);

const resized = (record, factor) => {
  const { target } = eventOf(record);
  for (const key of ['size', 'length']) if (target[key]) target[key] = Math.round(target[key] * factor);
  return record;
};

const renumbered = (record, index) => {
  if (index === 0) return record;
  const event = eventOf(record);
  event.id = `${event.id}${index}`;
  event.request.id = `${event.request.id}${index}`;
  event.target.digest = `${event.target.digest}${index}`;
  event.target.url = `${event.target.url}${index}`;
  return record;
};

/** A blob in `count` parts, `gap` seconds apart; the manifest comes when all of them are there. */
const inBlobs = (count, gap) => (record) =>
  isBlob(record)
    ? Array.from({ length: count }, (_, index) =>
        later(renumbered(resized(copyOf(record), 1 / count), index), index * gap),
      )
    : [later(record, count * gap)];

const inRepository = (name) => (record) => {
  const { target } = eventOf(record);
  target.url = target.url.replace(`/v2/${target.repository}/`, `/v2/${name}/`);
  target.repository = name;
  return [record];
};

const registry = toldBy(pushes, [
  ...[
    ['curl', 'curl/8.9.1'],
    ['python', 'python-requests/2.32.3'],
    ['docker', 'docker/27.3.1 go/go1.22.7 kernel/6.1.0 os/linux arch/amd64'],
    ['containerd', 'containerd/1.7.22'],
    ['skopeo', 'skopeo/1.16.1'],
  ].map(([program, useragent]) => ({
    name: `pushed by ${program}`,
    because: 'a registry believes what a client calls itself',
    change: each((record) => {
      eventOf(record).request.useragent = useragent;
    }),
  })),
  {
    name: 'pushed by a client without a name',
    because: 'the header is optional',
    change: each((record) => {
      delete eventOf(record).request.useragent;
    }),
  },
  {
    name: 'pushed from another address',
    because: 'the attacker works elsewhere',
    change: each((record) => {
      eventOf(record).request.addr = '192.0.2.99:50112';
    }),
  },
  {
    name: 'pushed through a proxy',
    because: 'a proxy states the address without a port',
    change: each((record) => {
      eventOf(record).request.addr = '192.0.2.20';
    }),
  },
  {
    name: 'pushed by another account',
    because: 'another account was stolen',
    change: each((record) => {
      eventOf(record).actor.name = 'dev3';
    }),
  },
  {
    name: 'a registry without accounts',
    because: 'nobody who pushes there has a name',
    isOfAll: true,
    change: each((record) => {
      eventOf(record).actor = {};
    }),
  },
  {
    name: 'into another new repository',
    because: 'any name will do',
    change: inRepository('lib/assets-2'),
    accuses: otherName('lib/assets-2'),
  },
  {
    name: 'into a path of four parts',
    because: 'any depth will do',
    change: inRepository('a/b/c/d'),
    accuses: otherName('a/b/c/d'),
  },
  { name: 'in four blobs', because: 'the file is cut in four', change: inBlobs(4, 5) },
  {
    name: 'in sixteen blobs, a minute apart',
    because: 'the file is cut in sixteen',
    change: inBlobs(16, MINUTE),
  },
  { name: 'in 24 blobs over a day', because: 'one part an hour', change: inBlobs(24, HOUR) },
  ...[
    ['a blob of twice the size', 'noise is added', 2],
    ['a blob in base64', 'four bytes for three', 4 / 3],
    ['a blob compressed to a fifth', 'text and dumps compress this well', 1 / 5],
  ].map(([name, because, factor]) => ({
    name,
    because,
    change: (record) => [isBlob(record) ? resized(record, factor) : record],
  })),
  {
    name: 'pushed nine hours later',
    because: 'the attacker chooses the hour',
    change: (record) => [later(record, 9 * HOUR)],
  },
  {
    name: 'pushed three days later',
    because: 'the attacker chooses the day',
    change: (record) => [later(record, 3 * DAY)],
  },
  {
    name: 'events without an envelope',
    because: 'what collects them stores each event alone',
    isOfAll: true,
    change: (record) => [eventOf(record)],
  },
  {
    name: 'size without length',
    because: 'older registries state one of the two',
    isOfAll: true,
    change: each((record) => {
      delete eventOf(record).target.length;
    }),
  },
  {
    name: 'no request is told',
    because: 'id and method of a request are optional',
    isOfAll: true,
    change: each((record) => {
      delete eventOf(record).request.id;
      delete eventOf(record).request.method;
    }),
  },
  {
    name: 'declared as an image layer',
    because: 'the client states the type',
    change: each((record) => {
      if (isBlob(record))
        eventOf(record).target.mediaType = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
    }),
  },
  {
    name: 'told twice',
    because: 'a registry that got no answer notifies again',
    change: (record) => [record, later(copyOf(record), 30)],
  },
  {
    name: 'fetched from outside at once',
    because: 'the other end takes what was left',
    change: (record) => {
      const pull = renumbered(later(copyOf(record), 5 * MINUTE), 7);
      Object.assign(eventOf(pull), { action: 'pull' });
      Object.assign(eventOf(pull).request, { addr: '198.51.100.77:41200', method: 'GET' });
      return [record, pull];
    },
  },
]);

// --- the audit log of a code host ---

const audited = {
  marker: '"repo":',
  isTold: (record) => typeof record.action === 'string' && typeof record.repo === 'string',
  isDeed: ({ repo }, { entities }) => entities.some((entity) => entity.endsWith(`/${repo}`)),
};
const holds =
  (action) =>
  ({ logs }) =>
    someRecord(logs, { marker: audited.marker, isMine: (record) => record.action === action });
const isMade = holds('repo.create');
const isOpened = holds('repo.access');
const opens = ({ action }) => action === 'repo.create' || action === 'repo.access';

const set = (values) => each((record) => Object.assign(record, values));
const unset = (...keys) =>
  each((record) => {
    for (const key of keys) delete record[key];
  });
const afterwards = (record, seconds, values) =>
  Object.assign(later(copyOf(record), seconds), {
    _document_id: `${record._document_id}-${seconds}`,
    ...values,
  });

/** In the words of GitLab; a change of visibility, a project that was made, or a push. */
function asGitlab(record, attack) {
  const path = record.repo;
  const said = {
    'git.push': {
      event_type: 'repository_git_operation',
      more: { custom_message: { protocol: 'ssh', action: 'git-receive-pack' } },
    },
    'repo.create': { event_type: 'project_created', more: { add: 'project' } },
    'repo.access': {
      event_type: 'project_visibility_level_updated',
      more: { change: 'visibility_level', from: 'Private', to: 'Public' },
    },
  }[record.action];
  return [
    {
      id: attack.index + 1,
      author_id: 7,
      entity_id: 29,
      entity_type: 'Project',
      details: { author_name: record.actor, target_details: lastOf(path), entity_path: path, ...said.more },
      ip_address: record.actor_ip,
      author_name: record.actor,
      entity_path: path,
      created_at: new Date(record['@timestamp']).toISOString(),
      event_type: said.event_type,
    },
  ];
}

const codeHost = toldBy(audited, [
  {
    name: 'another name of the repository',
    because: 'any name will do',
    change: set({ repo: 'shop/website-old' }),
    accuses: otherName('shop/website-old'),
  },
  {
    name: 'a repository of his own',
    because: 'an account has repositories outside the organisation',
    change: each((record) => {
      delete record.org;
      record.repo = 'dev7/notes';
    }),
    accuses: otherName('dev7/notes'),
  },
  { name: 'by another member', because: 'another account was stolen', change: set({ actor: 'intern2' }) },
  {
    name: 'from elsewhere',
    because: 'the attacker works elsewhere',
    change: set({ actor_ip: '198.51.100.90' }),
  },
  {
    name: 'no address is told',
    because: 'addresses are told only where the organisation asked for them',
    change: unset('actor_ip'),
  },
  { name: 'no program is told', because: 'the field is optional', change: unset('user_agent') },
  {
    name: 'by a browser',
    because: 'the web page does the same',
    change: set({ user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' }),
  },
  {
    name: 'with a token',
    because: 'the API does the same',
    change: set({ programmatic_access_type: 'OAuth access token', user_agent: 'python-requests/2.32.3' }),
  },
  {
    name: 'an export by hand',
    because: 'exports state the time under another key',
    isOfAll: true,
    change: each((record) => {
      record.created_at = record['@timestamp'];
      delete record['@timestamp'];
    }),
  },
  {
    name: 'no number of the event',
    because: 'the field is optional',
    isOfAll: true,
    change: unset('_document_id'),
  },
  { name: 'no organisation is told', because: 'the field is optional', change: unset('org') },
  {
    name: 'pushed over SSH',
    because: 'git has two transports',
    fits: isMade,
    change: (record) => [
      record.action === 'git.push'
        ? { ...record, transport_protocol_name: 'ssh', transport_protocol: 2 }
        : record,
    ],
  },
  {
    name: 'pushed five times',
    because: 'the data goes in parts',
    fits: isMade,
    change: (record) =>
      record.action === 'git.push'
        ? [record, ...[60, 120, 180, 240].map((seconds) => afterwards(record, seconds, {}))]
        : [record],
  },
  {
    name: 'pushed half an hour after it was made',
    because: 'the attacker waits',
    fits: isMade,
    change: (record) => [record.action === 'git.push' ? later(record, 30 * MINUTE) : record],
  },
  {
    name: 'pushed a day after it was made',
    because: 'the attacker waits longer',
    fits: isMade,
    change: (record) => [record.action === 'git.push' ? later(record, DAY) : record],
  },
  {
    name: 'made private, opened after the push',
    because: 'the same in another order',
    fits: isMade,
    change: (record) =>
      record.action === 'repo.create'
        ? [
            { ...record, visibility: 'private' },
            afterwards(record, 5 * MINUTE, {
              action: 'repo.access',
              previous_visibility: 'private',
              visibility: 'public',
            }),
          ]
        : [record],
  },
  {
    name: 'forked in the open',
    because: 'a fork is a repository as well',
    fits: isMade,
    change: (record) => [record.action === 'repo.create' ? { ...record, action: 'repo.fork' } : record],
  },
  {
    name: 'a key in place of an open repository',
    because: 'who holds the key reads the repository',
    change: (record) => [
      opens(record)
        ? { ...record, action: 'repo.add_deploy_key', visibility: 'private', previous_visibility: 'private' }
        : record,
    ],
  },
  {
    name: 'a member from outside in place of an open repository',
    because: 'who was invited reads the repository',
    change: (record) => [
      opens(record)
        ? {
            ...record,
            action: 'repo.add_outside_collaborator',
            visibility: 'private',
            previous_visibility: 'private',
          }
        : record,
    ],
  },
  {
    name: 'opened for ten minutes',
    because: 'nobody finds it open who looks later',
    change: (record) =>
      opens(record)
        ? [
            record,
            afterwards(record, 10 * MINUTE, {
              action: 'repo.access',
              previous_visibility: 'public',
              visibility: 'private',
            }),
          ]
        : [record],
  },
  {
    name: 'deleted after an hour',
    because: 'the traces are swept',
    change: (record) =>
      opens(record) ? [record, afterwards(record, HOUR, { action: 'repo.destroy' })] : [record],
  },
  {
    name: 'cloned from outside at once',
    because: 'the other end takes what was left',
    change: (record) =>
      opens(record)
        ? [
            record,
            afterwards(record, 15 * MINUTE, { action: 'git.clone', actor: '', actor_ip: '198.51.100.77' }),
          ]
        : [record],
  },
  {
    name: 'among two hundred fetches',
    because: 'work goes on meanwhile',
    change: (record) =>
      opens(record)
        ? [
            record,
            ...Array.from({ length: 200 }, (_, index) =>
              afterwards(record, index + 1, { action: 'git.fetch', repo: 'shop/app' }),
            ),
          ]
        : [record],
  },
  {
    name: 'before it was internal',
    because: 'three kinds of visibility exist',
    fits: isOpened,
    change: (record) => [opens(record) ? { ...record, previous_visibility: 'internal' } : record],
  },
  {
    name: 'what it was before is not told',
    because: 'the field is optional',
    fits: isOpened,
    change: unset('previous_visibility'),
  },
  {
    name: 'visibility in capitals',
    because: 'the API and the stream spell it differently',
    change: (record) => [
      record.visibility ? { ...record, visibility: record.visibility.toUpperCase() } : record,
    ],
  },
  {
    name: 'three repositories, ten minutes apart',
    because: 'the data lies in three places',
    change: (record) =>
      ['', '-b', '-c'].map((suffix, index) =>
        afterwards(record, index * 10 * MINUTE, { repo: `${record.repo}${suffix}` }),
      ),
  },
  {
    name: 'nine hours later',
    because: 'the attacker chooses the hour',
    change: (record) => [later(record, 9 * HOUR)],
  },
  {
    name: 'three days later',
    because: 'the attacker chooses the day',
    change: (record) => [later(record, 3 * DAY)],
  },
  {
    name: 'told by GitLab',
    because: 'another code host',
    isOfAll: true,
    change: asGitlab,
    accuses: (entity) => entity.replace('github.com/', ''),
  },
]);

// --- a cluster's audit log ---

const execs = {
  marker: '"subresource":"exec"',
  isTold: ({ requestURI = '' }) => /[?&]command=tar&/.test(requestURI),
};

/** The same call with another command. */
const withCommand = (argv) =>
  each((record) => {
    const [path, query] = record.requestURI.split('?');
    const others = query.split('&').filter((part) => !part.startsWith('command='));
    record.requestURI = `${path}?${[...argv.map((word) => `command=${encodeURIComponent(word)}`), ...others].join('&')}`;
  });

const spaced = (gap) => (record, attack) => [
  later(record, Math.round(attack.start + attack.index * gap - timeOf(record))),
];

const cluster = toldBy(execs, [
  ...[
    ['tar, compressed', ['tar', 'czf', '-', '/var/data']],
    ['tar with a dash', ['tar', '-cf', '-', '/var/data']],
    ['tar to its output', ['tar', 'c', '/var/data']],
    ['tar, long options', ['tar', '--create', '--file=-', '--directory=/var', 'data']],
    ['tar by its path', ['/bin/tar', 'cf', '-', '/var/data']],
    ['tar of busybox', ['busybox', 'tar', 'cf', '-', '/var/data']],
    ['tar in a shell', ['sh', '-c', 'tar cf - /var/data']],
    ['tar in a shell, encoded', ['bash', '-c', 'cd /var && tar cz data | base64 -w0']],
    ['tar under env', ['env', '-i', 'PATH=/bin:/usr/bin', 'tar', 'cf', '-', '/var/data']],
    ['zip', ['zip', '-qr', '-', '/var/data']],
    ['files one by one', ['cat', '/var/data/rows.db']],
  ].map(([name, argv]) => ({
    name: `pods: ${name}`,
    because: 'another command reads the same folder',
    change: withCommand(argv),
  })),
  {
    name: 'pods: by another user',
    because: 'another account was stolen',
    change: set({ user: { username: 'trent@example.com', groups: ['system:authenticated'] } }),
    accuses: () => 'trent@example.com',
  },
  {
    name: 'pods: by a service account',
    because: 'the token of a workload was stolen',
    change: set({
      user: { username: 'system:serviceaccount:shop:builder', groups: ['system:serviceaccounts'] },
      userAgent: 'curl/8.9.1',
    }),
    accuses: () => 'system:serviceaccount:shop:builder',
  },
  {
    name: 'pods: from elsewhere',
    because: 'the attacker works elsewhere',
    change: set({ sourceIPs: ['198.51.100.90'] }),
  },
  { name: 'pods: no address is told', because: 'the field is optional', change: unset('sourceIPs') },
  { name: 'pods: no program is told', because: 'the field is optional', change: unset('userAgent') },
  {
    name: 'pods: over a WebSocket',
    because: 'newer clients ask with GET, which is another verb',
    change: set({ verb: 'get' }),
  },
  {
    name: 'pods: container not named',
    because: 'a pod of one container needs no name of it',
    change: each((record) => {
      record.requestURI = record.requestURI.replace(/&container=\w+/, '');
    }),
  },
  {
    name: 'pods: with a terminal',
    because: 'the attacker asked for one',
    change: each((record) => {
      record.requestURI += '&stdin=true&tty=true';
    }),
  },
  {
    name: 'pods: told when it starts and when it ends',
    because: 'the policy keeps both stages',
    change: (record) => [{ ...record, stage: 'ResponseStarted' }, record],
  },
  {
    name: 'pods: no answer is told',
    because: 'the answer is missing where only the start is kept',
    change: each((record) => {
      delete record.responseStatus;
      record.stage = 'ResponseStarted';
    }),
  },
  {
    name: 'pods: in another order',
    because: 'no order is better',
    change: (record, attack) => [
      later(record, 2 * Math.round(attack.start + attack.span / 2 - timeOf(record))),
    ],
  },
  { name: 'pods: a second apart', because: 'a loop does it', change: spaced(1) },
  { name: 'pods: eight minutes apart', because: 'the attacker waits', change: spaced(8 * MINUTE) },
  { name: 'pods: an hour apart', because: 'the attacker waits longer', change: spaced(HOUR) },
  {
    name: 'pods: each twice',
    because: 'the first copy broke',
    change: (record) => [record, { ...later(record, 20), auditID: record.auditID.replace(/0/, '7') }],
  },
  {
    name: 'pods: two of three',
    because: 'the attacker takes less',
    change: (record, { index }) => (index === 2 ? [] : [record]),
  },
  {
    name: 'pods: of three namespaces',
    because: 'the data lies in three places',
    change: each((record, { index }) => {
      record.requestURI = record.requestURI.replace('/shop/', `/team${index}/`);
      record.objectRef.namespace = `team${index}`;
    }),
  },
  {
    name: 'pods: nine hours later',
    because: 'the attacker chooses the hour',
    change: (record) => [later(record, 9 * HOUR)],
  },
]);

// --- an engine that tells of copies ---

const copies = { marker: 'archive-path', isTold: ({ Action }) => Action === 'archive-path' };

const engineExec = (command) => set({ status: `exec_create: ${command}`, Action: `exec_create: ${command}` });

const engine = toldBy(copies, [
  {
    name: 'copies: exported whole',
    because: 'another call of the engine takes the whole container',
    change: set({ status: 'export', Action: 'export' }),
  },
  {
    name: 'copies: an image is made of each',
    because: 'an image holds the same files, and can be saved or pushed',
    change: set({ status: 'commit', Action: 'commit' }),
  },
  {
    name: 'copies: each folder by itself',
    because: 'four calls take what one did',
    change: (record) => [0, 1, 2, 3].map((seconds) => later({ ...record }, seconds)),
  },
  {
    name: 'copies: by tar of busybox',
    because: 'the engine starts tar and hands on its output',
    change: engineExec('busybox tar c /srv/data'),
  },
  {
    name: 'copies: by tar, encoded',
    because: 'the engine starts a shell and hands on its output',
    change: engineExec('sh -c tar cz /srv/data | base64'),
  },
  {
    name: 'copies: files one by one',
    because: 'the engine starts cat and hands on its output',
    change: engineExec('cat /srv/data/rows'),
  },
  {
    name: 'copies: by tar in the container',
    because: 'the engine starts tar and hands on its output',
    change: engineExec('tar cf - /srv/data'),
  },
  {
    name: 'copies: by tar, compressed',
    because: 'the engine starts tar and hands on its output',
    change: engineExec('tar -cz /srv/data'),
  },
  {
    name: 'copies: by tar in a shell',
    because: 'the engine starts a shell and hands on its output',
    change: engineExec('sh -c tar czf - /srv/data'),
  },
  {
    name: 'copies: each twice',
    because: 'the first copy broke',
    change: (record) => [record, later(record, 20)],
  },
  {
    name: 'copies: in another order',
    because: 'no order is better',
    change: (record, { index }) => [later(record, [2, 0, -2][index] ?? 0)],
  },
  { name: 'copies: a minute apart', because: 'the attacker waits', change: spaced(MINUTE) },
  { name: 'copies: eight minutes apart', because: 'the attacker waits longer', change: spaced(8 * MINUTE) },
  { name: 'copies: an hour apart', because: 'the attacker waits much longer', change: spaced(HOUR) },
  {
    name: 'copies: two of three',
    because: 'the attacker takes less',
    change: (record, { index }) => (index === 2 ? [] : [record]),
  },
  {
    name: 'copies: after a look at each file',
    because: 'docker cp asks what a path is before it copies',
    change: (record) => [
      later({ ...record, status: 'exec_create: ls -l /srv', Action: 'exec_create: ls -l /srv' }, -1),
      record,
    ],
  },
  {
    name: 'copies: no scope and no origin',
    because: 'older engines leave both out',
    change: unset('scope', 'from'),
  },
  { name: 'copies: whole seconds', because: 'older engines tell no finer time', change: unset('timeNano') },
  {
    name: 'copies: no labels',
    because: 'a container needs none',
    change: each((record) => {
      delete record.Actor.Attributes['stowaway.lab'];
    }),
  },
  {
    name: 'copies: nine hours later',
    because: 'the attacker chooses the hour',
    change: (record) => [later(record, 9 * HOUR)],
  },
]);

// --- a volume that several containers write to ---

const isWrite = (record) => record.record === 'write' && typeof record.bytes === 'number';
const isPacking = (record) => /^exec_create: tar czf \/exchange\//.test(record.Action ?? '');
const gathered = {
  marker: '/exchange/',
  isTold: (record) => isWrite(record) || isPacking(record),
  isKnownBy: isPacking,
};
const writes = (change) => (record, attack) => (isWrite(record) ? change(record, attack) : [record]);
const packs = (write) => (record) => {
  if (!isPacking(record)) return [record];
  const [, target] = /tar czf (\S+)/.exec(record.Action);
  const Action = `exec_create: ${write(target)}`;
  return [{ ...record, Action, status: Action }];
};
const inFiles = (count, gap) =>
  writes((record) =>
    Array.from({ length: count }, (_, index) =>
      later(
        { ...record, path: `${record.path}.${index}`, bytes: Math.ceil(record.bytes / count) },
        index * gap,
      ),
    ),
  );

const volume = toldBy(gathered, [
  ...[
    ['zip', (target) => `zip -qr ${target} /srv`],
    ['zip with a password', (target) => `zip -r -P x ${target} /srv`],
    ['7z', (target) => `7z a ${target} /srv`],
    ['tar, long options', (target) => `tar --create --gzip --file=${target} /srv`],
    ['tar by its path', (target) => `/usr/bin/tar czf ${target} /srv`],
    ['tar of busybox', (target) => `busybox tar czf ${target} /srv`],
    ['tar in a shell', (target) => `sh -c tar cz /srv > ${target}`],
    ['tar under env', (target) => `env A=1 tar czf ${target} /srv`],
    ['tar under nice', (target) => `nice -n 19 tar czf ${target} /srv`],
    ['tar and openssl', (target) => `sh -c tar c /srv | openssl enc -aes-256-cbc -k x -out ${target}`],
    ['a renamed tar', (target) => `/tmp/.cache/upd czf ${target} /srv`],
  ].map(([name, write]) => ({
    name: `volume: ${name}`,
    because: 'another command packs the same folder',
    change: packs(write),
  })),
  {
    name: 'volume: packing unseen',
    because: 'the engine’s events are not kept',
    change: (record) => (isPacking(record) ? [] : [record]),
  },
  { name: 'volume: in four files', because: 'the archive is cut in four', change: inFiles(4, 2) },
  { name: 'volume: in sixteen files', because: 'the archive is cut in sixteen', change: inFiles(16, 10) },
  { name: 'volume: in 24 files over two hours', because: 'one every five minutes', change: inFiles(24, 300) },
  ...[
    ['twice the size', 'noise is added', 2],
    ['in base64', 'four bytes for three', 4 / 3],
    ['compressed to a fifth', 'text and dumps compress this well', 1 / 5],
  ].map(([name, because, factor]) => ({
    name: `volume: ${name}`,
    because,
    change: writes((record) => [{ ...record, bytes: Math.ceil(record.bytes * factor) }]),
  })),
  {
    name: 'volume: other names of the files',
    because: 'any name will do',
    change: (record) => [
      JSON.parse(JSON.stringify(record).replaceAll(/\/exchange\/(\w+)\.tgz/g, '/exchange/.$1')),
    ],
  },
  {
    name: 'volume: in a folder of its own',
    because: 'any folder will do',
    change: (record) => [JSON.parse(JSON.stringify(record).replaceAll('/exchange/', '/exchange/tmp/.x/'))],
  },
  {
    name: 'volume: five minutes later each',
    because: 'the attacker waits',
    change: (record) => {
      const writer = ['shop', 'crm', 'hr'].findIndex((one) =>
        JSON.stringify(record).includes(`/exchange/${one}`),
      );
      return [later(record, 300 * writer)];
    },
  },
  {
    name: 'volume: three hours later each',
    because: 'the attacker waits longer',
    change: (record) => {
      const writer = ['shop', 'crm', 'hr'].findIndex((one) =>
        JSON.stringify(record).includes(`/exchange/${one}`),
      );
      return [later(record, 3 * HOUR * writer)];
    },
  },
  {
    name: 'volume: by another program',
    because: 'the sensor names the program that writes',
    change: writes((record) => [{ ...record, name: 'cat' }]),
  },
  {
    name: 'volume: nine hours later',
    because: 'the attacker chooses the hour',
    change: (record) => [later(record, 9 * HOUR)],
  },
]);

export const TOLD = [...registry, ...codeHost, ...cluster, ...engine, ...volume];
