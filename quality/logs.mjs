// Logs as text, and what may be done to them without knowing their format: moving time, renaming addresses, containers,
// images and files, in all logs of one story alike. What depends on the record stands in records.mjs.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Every log below a file or folder: path → text. Compressed ones are named after what they hold. */
export function readLogs(path) {
  const isFolder = statSync(path).isDirectory();
  const files = isFolder
    ? readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
        .sort()
    : [path];
  return new Map(
    files.map((file) => {
      const bytes = readFileSync(file);
      const name = isFolder ? relative(path, file) : basename(file);
      return [name.replace(/\.gz$/, ''), (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')];
    }),
  );
}

/** Zeek's tab-separated logs as its JSON, which is what is changed record by record; other text as it is. */
export function zeekAsJson(text) {
  if (!text.startsWith('#separator')) return text;
  const lines = text.split('\n');
  const fields = lines
    .find((line) => line.startsWith('#fields\t'))
    .split('\t')
    .slice(1);
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const row = line
        .split('\t')
        .flatMap((value, index) => (value === '-' ? [] : [[fields[index], typed(fields[index], value)]]));
      return `${JSON.stringify(Object.fromEntries(row))}\n`;
    })
    .join('');
}

const NUMBERS =
  /^(ts|duration|id\.(orig|resp)_p|(orig|resp)_(bytes|pkts|ip_bytes)|(request|response)_body_len|status_code|trans_depth)$/;
const typed = (field, value) => (NUMBERS.test(field) ? Number(value) : value);

export function writeLogs(logs, folder) {
  for (const [name, text] of logs) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

export const mapTexts = (logs, change) =>
  new Map([...logs].map(([name, text]) => [name, change(text, name)]));

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const pad = (value, width = 2) => String(value).padStart(width, '0');
/** All logs of the project are of 2026 and 2027: another number of ten digits is not taken for a time. */
const [EARLIEST, LATEST] = [Date.UTC(2026, 0, 1) / 1000, Date.UTC(2028, 0, 1) / 1000];

/**
 * Every time in a text, whatever its notation, through `change` (seconds → seconds): ISO 8601, epoch seconds to nanoseconds, ctime and XML as
 * conntrack writes them, and the common log format. Digits after the point stay as many as they were.
 */
export function mapTimes(text, change) {
  const moved = (seconds, fraction) => {
    const [whole, rest] = splitSeconds(change(seconds, fraction.length === 0 ? 0 : Number(`0.${fraction}`)));
    return { whole, fraction: fraction === '' ? '' : keepDigits(fraction, rest) };
  };
  return text
    .replace(
      /\b(202[67])-(\d\d)-(\d\d)([T ])(\d\d):(\d\d):(\d\d)(?:\.(\d+))?/g,
      (_, y, mo, d, between, h, mi, s, fraction = '') => {
        const at = moved(Date.UTC(y, mo - 1, d, h, mi, s) / 1000, fraction);
        const iso = new Date(at.whole * 1000).toISOString();
        return `${iso.slice(0, 10)}${between}${iso.slice(11, 19)}${at.fraction && `.${at.fraction}`}`;
      },
    )
    .replace(
      /(?<![\w.-]|\bid=|"ct\.id": )(1[78]\d{8})(\.(?=\d)|)(\d{0,9})(?![\w])/g,
      (all, seconds, point, fraction) => {
        if (Number(seconds) < EARLIEST || Number(seconds) >= LATEST) return all;
        if (point === '' && ![0, 3, 6, 9].includes(fraction.length)) return all;
        const at = moved(Number(seconds), fraction);
        return `${at.whole}${point}${at.fraction}`;
      },
    )
    .replace(
      /\b(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (202[67])\b/g,
      (_, month, d, h, mi, s, y) => {
        const at = new Date(
          moved(Date.UTC(y, MONTHS.indexOf(month), Number(d), h, mi, s) / 1000, '').whole * 1000,
        );
        const clock = at.toISOString().slice(11, 19);
        return `${DAYS[at.getUTCDay()]} ${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${clock} ${at.getUTCFullYear()}`;
      },
    )
    .replace(/\b(\d\d)\/([A-Z][a-z]{2})\/(202[67]):(\d\d):(\d\d):(\d\d)/g, (_, d, month, y, h, mi, s) => {
      const at = new Date(moved(Date.UTC(y, MONTHS.indexOf(month), d, h, mi, s) / 1000, '').whole * 1000);
      return `${pad(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}:${at.toISOString().slice(11, 19)}`;
    })
    .replace(WHEN, (_, h, mi, s, d, month, y) => {
      const at = new Date(moved(Date.UTC(y, month - 1, d, h, mi, s) / 1000, '').whole * 1000);
      const clock = `<hour>${at.getUTCHours()}</hour><min>${pad(at.getUTCMinutes())}</min><sec>${pad(at.getUTCSeconds())}</sec>`;
      const day = `<wday>${at.getUTCDay() + 1}</wday><day>${at.getUTCDate()}</day><month>${at.getUTCMonth() + 1}</month>`;
      return `<when>${clock}${day}<year>${at.getUTCFullYear()}</year></when>`;
    });
}

/** The time of a connection in the XML of conntrack. */
const WHEN =
  /<when><hour>(\d+)<\/hour><min>(\d+)<\/min><sec>(\d+)<\/sec><wday>\d<\/wday><day>(\d+)<\/day><month>(\d+)<\/month><year>(202[67])<\/year><\/when>/g;

function splitSeconds([whole, fraction]) {
  const carried = Math.floor(fraction);
  return [whole + carried, fraction - carried];
}

/** A fraction nobody changed keeps its digits; one that was changed is written in as many. */
function keepDigits(digits, value) {
  if (Math.abs(Number(`0.${digits}`) - value) < 1e-9) return digits;
  return Math.min(999_999_999, Math.round(value * 1e9))
    .toString()
    .padStart(9, '0')
    .slice(0, digits.length)
    .padEnd(digits.length, '0');
}

/** Every time in all texts, epoch seconds. */
export function timesOf(logs) {
  const times = [];
  for (const text of logs.values())
    mapTimes(text, (seconds, fraction) => {
      times.push(seconds + fraction);
      return [seconds, fraction];
    });
  return times;
}

/** Time moved by a number of seconds. */
export const shiftTimes = (logs, by) =>
  mapTexts(logs, (text) => mapTimes(text, (seconds, fraction) => [seconds + by, fraction]));

/** What came after `start` takes `factor` times as long. */
export const stretchTimes = (logs, start, factor) =>
  mapTexts(logs, (text) =>
    mapTimes(text, (seconds, fraction) => {
      const since = seconds + fraction - start;
      if (since <= 0) return [seconds, fraction];
      const whole = Math.floor(start);
      const offset = start - whole + since * factor;
      return [whole + Math.floor(offset), offset - Math.floor(offset)];
    }),
  );

const IPV4 = /(?<![\w.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?!\.?\d|\w)/g;

export const mapAddresses = (text, change) =>
  text.replace(IPV4, (all, ...parts) => change(parts.slice(0, 4).map(Number))?.join('.') ?? all);

/** Whole words only; longer ones first, so that `app` does not hide `app-1`. */
export function replaceWords(text, words) {
  if (words.size === 0) return text;
  const sorted = [...words.keys()].sort((a, b) => b.length - a.length);
  const pattern = sorted.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  return text.replaceAll(new RegExp(`(?<![\\w-])(?:${pattern})(?![\\w-])`, 'g'), (word) => words.get(word));
}

const hash = (text) => createHash('sha256').update(text).digest('hex');

/** Container, network and image ids, long and short alike: ids of 64 hexadecimal digits and the first twelve of each. */
export function idWords(logs, salt) {
  const words = new Map();
  for (const text of logs.values()) {
    for (const [id] of text.matchAll(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g)) {
      if (words.has(id)) continue;
      const other = hash(`${salt}:${id}`);
      words.set(id, other).set(id.slice(0, 12), other.slice(0, 12));
    }
  }
  return words;
}

/** Names people gave: containers, compose projects and services, as engine events and inspections state them. */
export function containerNames(logs) {
  const names = new Set();
  const note = (name) => {
    if (typeof name === 'string' && /^\/?[a-z][\w.-]+$/i.test(name)) names.add(name.replace(/^\//, ''));
  };
  for (const record of jsonRecords(logs)) {
    if (record.Actor && (record.Type ?? 'container') === 'container') {
      note(record.Actor.Attributes?.name);
      noteLabels(record.Actor.Attributes ?? {}, note);
    }
    if (record.Config && record.State) {
      note(record.Name);
      noteLabels(record.Config.Labels ?? {}, note);
    }
  }
  return names;
}

function noteLabels(labels, note) {
  for (const key of ['com.docker.compose.project', 'com.docker.compose.service']) note(labels[key]);
}

export function imageNames(logs) {
  const images = new Set();
  for (const record of jsonRecords(logs)) {
    const image = record.Config?.Image ?? record.Actor?.Attributes?.image;
    if (typeof image === 'string' && image.includes('/'))
      images.add(image.replace(/@.*$/, '').replace(/:[^/]*$/, ''));
  }
  return images;
}

function* jsonRecords(logs) {
  for (const [name, text] of logs) {
    if (!/\.(json|ndjson|log|yaml)$/.test(name) || !/^\s*[[{]/.test(text)) continue;
    const whole = parse(text);
    if (Array.isArray(whole)) yield* whole;
    else if (whole) yield whole;
    else
      for (const line of text.split('\n'))
        if (line.includes('"Actor"') || line.includes('"Config"')) yield parse(line) ?? {};
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Data files of the places where work is done, by their whole path: not parts of URLs and repositories. The folder and the ending are kept, since they can mean something. */
const DATA_FILE =
  /(?<=(?<![\w.-])\/(?:tmp|data|srv|work|export|backup|dev\/shm)\/(?:[\w.-]+\/)*)([a-z][\w-]*)(?=(?:\.\w+)*(?![\w/.-]))/gi;
export const renameFiles = (text, salt) =>
  text.replaceAll(DATA_FILE, (stem) => `f${hash(`${salt}:${stem}`).slice(0, 6)}`);

/** Where a name ends that belongs to one story: hosts, mail and service accounts, organisations of a code host, volumes. */
const OWN_NAMES =
  /(?=\.example\.(?:net|org|com)\b)(?<=[a-z0-9])|(?=\.example")(?<="registry)|(?=\.example\/)(?<="https:\/\/registry)|(?=@example\.com")(?<="username":"[\w-]+)|(?=")(?<=:serviceaccount:[\w-]+:[\w-]+)|(?=["/])(?<="(?:org|repo)":"\w+)|(?=\/_data")(?<=\/volumes\/[\w.-]+)/g;

/** Changes names in a second copy of a story, so that both can be hunted at once and know nothing of each other. */
export function separate(logs, index, { names = true } = {}) {
  const suffix = `-v${index}`;
  const words = idWords(logs, `copy ${index}`);
  if (names) for (const name of containerNames(logs)) words.set(name, `${name}${suffix}`);
  return mapTexts(logs, (text, name) => {
    let changed = replaceWords(text, words);
    changed = mapAddresses(changed, (address) => separateAddress(address, index));
    changed = changed.replaceAll(OWN_NAMES, suffix);
    if (/process|file|bpftrace|cgroups/.test(name)) changed = separateCgroups(changed, index);
    return changed.replaceAll(
      /\bid=(\d+)/g,
      (_, id) => `id=${(Number(id) + index * 7_919_003) % 4_294_967_296}`,
    );
  });
}

/** Inside networks keep their size, outside ones lie where no log of ours has an address. */
export function separateAddress([a, b, c, d], index) {
  if (a === 10) return [10, (b + 3 * index) % 256, c, d];
  if (
    (a === 198 && b === 51 && c === 100) ||
    (a === 203 && b === 0 && c === 113) ||
    (a === 192 && b === 0 && c === 2)
  )
    return [a, b, (c + index) % 256, d];
  return null;
}

const separateCgroups = (text, index) =>
  text
    .replaceAll(/("(?:cgroup|cg)":"?)(\d+)/g, (_, key, id) => `${key}${Number(id) + index * 100_000}`)
    .replaceAll(/^(\d+)(?= \S+ \/sys\/fs\/cgroup)/gm, (id) => String(Number(id) + index * 100_000));
