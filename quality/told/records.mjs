// Records of what tells of a deed, and how mutations change them.
import { mapTexts, mapTimes } from '../logs.mjs';

export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 86_400;

/** A record as it would be told `seconds` later. */
export const later = (record, seconds) =>
  seconds === 0
    ? record
    : JSON.parse(mapTimes(JSON.stringify(record), (whole, fraction) => [whole + seconds, fraction]));

export const copyOf = (record) => JSON.parse(JSON.stringify(record));

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

export function someRecord(logs, which) {
  let found = false;
  mapRecords(logs, which, (record) => {
    found = true;
    return [record];
  });
  return found;
}

/** One change of each record of the deed, in place. */
export const each = (change) => (record, attack) => {
  change(record, attack);
  return [record];
};

export const timeOf = (record) => {
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
export function toldBy({ marker, isTold, isDeed = isTold, isKnownBy = isTold }, mutations) {
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

export const lastOf = (path) => path.split('/').at(-1);
export const otherName = (name) => (entity) => entity.replace(/[^/]+\/[^/]+$/, name);

export const set = (values) => each((record) => Object.assign(record, values));

export const unset = (...keys) =>
  each((record) => {
    for (const key of keys) delete record[key];
  });

export const spaced = (gap) => (record, attack) => [
  later(record, Math.round(attack.start + attack.index * gap - timeOf(record))),
];
