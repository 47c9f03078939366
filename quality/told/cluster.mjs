// A cluster's audit log: commands run in pods that read out their files.
import { each, HOUR, later, MINUTE, set, spaced, timeOf, toldBy, unset } from './records.mjs';

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

export const cluster = toldBy(execs, [
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
