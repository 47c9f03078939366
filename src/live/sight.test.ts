import { expect, test } from 'vitest';
import type { Visibility } from '../detect/visibility.js';
import { Sight } from './sight.js';

function sightThatTakes(milliseconds: number, stored = 0) {
  const clock = { at: 0, asked: 0, rows: 0 };
  const sight = new Sight(stored, () => clock.at);
  const look = async (...tables: string[]) => {
    const rows = clock.rows;
    clock.rows = 0;
    const [seen] = await sight.look({ tables, rows }, async () => {
      clock.asked += 1;
      clock.at += milliseconds;
      return [{ strategy: `look ${clock.asked}`, blindAnalytics: [], probes: [] } as Visibility];
    });
    return seen!.strategy;
  };
  return { clock, sight, look };
}

test('the longer looking takes, the less often it is done: a twentieth of the time at most', async () => {
  const { clock, look } = sightThatTakes(1000);
  expect(await look()).toBe('look 1');
  clock.at = 19_999;
  expect(await look()).toBe('look 1');
  clock.at = 20_000;
  expect(await look()).toBe('look 2');
});

test('what takes no time is looked at each time', async () => {
  const { look } = sightThatTakes(0);
  expect(await look()).toBe('look 1');
  expect(await look()).toBe('look 2');
});

test('a table’s first rows, and what was forgotten, are looked at at once', async () => {
  const { sight, look } = sightThatTakes(1000);
  expect(await look('network_activity')).toBe('look 1');
  expect(await look('network_activity')).toBe('look 1');
  expect(await look('http_activity')).toBe('look 2');
  sight.forget();
  expect(await look()).toBe('look 3');
});

test('who is who, told anew, is looked at at once', async () => {
  const { look } = sightThatTakes(1000);
  expect(await look('container_inventory')).toBe('look 1');
  expect(await look('container_inventory')).toBe('look 2');
});

test('much beside what there was is looked at at once, however it comes', async () => {
  const { clock, look } = sightThatTakes(1000);
  const after = (rows: number) => {
    clock.rows = rows;
    return look();
  };
  expect(await after(1000)).toBe('look 1');
  expect(await after(30)).toBe('look 1');
  expect(await after(30)).toBe('look 2');
  expect(await after(50)).toBe('look 2');
});

test('what an earlier process stored is there, too', async () => {
  const { clock, look } = sightThatTakes(1000, 100_000);
  const after = (rows: number) => {
    clock.rows = rows;
    return look('network_activity');
  };
  expect(await after(1000)).toBe('look 1');
  expect(await after(1000)).toBe('look 1');
  expect(await after(5000)).toBe('look 2');
});

test('a look that fails is tried again at once', async () => {
  const { sight, look } = sightThatTakes(1000);
  await expect(
    sight.look({ tables: [], rows: 0 }, () => Promise.reject(new Error('no engine'))),
  ).rejects.toThrow('no engine');
  expect(await look()).toBe('look 1');
});
