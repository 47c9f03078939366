// A volume that several containers write to, and one of them packs.
import { HOUR, later, toldBy } from './records.mjs';

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

export const volume = toldBy(gathered, [
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
