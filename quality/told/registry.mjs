// What a registry notifies of: blobs and manifests that somebody pushed.
import { copyOf, DAY, each, HOUR, later, MINUTE, otherName, timeOf, toldBy } from './records.mjs';

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

export const registry = toldBy(pushes, [
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
