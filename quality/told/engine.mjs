// An engine that tells of copies out of containers.
import { each, HOUR, later, MINUTE, set, spaced, toldBy, unset } from './records.mjs';

const copies = { marker: 'archive-path', isTold: ({ Action }) => Action === 'archive-path' };

const engineExec = (command) => set({ status: `exec_create: ${command}`, Action: `exec_create: ${command}` });

export const engine = toldBy(copies, [
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
