import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hunting } from './hunting.js';
import { type Recording, recording } from './recorded.js';

const { hunt } = hunting();

/**
 * Whichever network sensor looked, a hunt counts the same bytes; and many sensors together count them once.
 */

const SENSORS = ['conntrack-events.txt', 'conntrack-events.xml', 'conntrack-poll.txt', 'ulogd-nfct.ndjson'];
const INVENTORY = ['inspect.json', 'network.json'];

type Bytes = Record<string, number>;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-sensors-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Bytes sent, by "entity > destination address"; destinations that got none are left out. */
async function bytesOf(paths: string[]): Promise<Bytes> {
  let bytes: Bytes = {};
  await hunt(paths, {
    async inspect(store) {
      const rows = await store.rows<{ who: string; sent: number }>(
        `SELECT concat(entity_id, ' > ', ip_text(dst_ip)) AS who, sum(c.bytes_out) AS sent
         FROM connection AS c WHERE is_src_inside AND NOT is_dst_inside GROUP BY who HAVING sent > 0 ORDER BY who`,
      );
      bytes = Object.fromEntries(rows.map(({ who, sent }) => [who, sent]));
    },
  });
  return bytes;
}

async function only(recorded: Recording, sensor: string): Promise<string[]> {
  const own = join(folder, recorded.name, sensor);
  await mkdir(own, { recursive: true });
  for (const name of [sensor, ...INVENTORY]) await symlink(join(recorded.folder, name), join(own, name));
  return [own];
}

describe.each(['a-http-upload', 'b-ftp', 'f-periodic'].map(recording))('$name', (recorded) => {
  let all: Bytes;
  const alone: Record<string, Bytes> = {};
  beforeAll(async () => {
    all = await bytesOf([recorded.folder]);
    for (const sensor of SENSORS) alone[sensor] = await bytesOf(await only(recorded, sensor));
  });

  test('bytes went out', () => {
    expect(Object.values(all).reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(100_000);
  });

  test.each(SENSORS)('%s alone', (sensor) => {
    expect(alone[sensor]).toEqual(all);
  });
});
