import { expect, test } from 'vitest';
import type { Delivery } from './delivery.js';
import { pickParcel } from './pick-parcel.js';

const delivery = (change: Partial<Delivery>): Delivery =>
  ({
    ...{ notice: 'n', thread: 't', state: 'waiting', attempts: 0, due_at: 0, parcel: '', place: 1 },
    ...{ severity: 'high', ...change },
  }) as Delivery;

const pickedOf = (change: Partial<Delivery>) =>
  pickParcel({ waiting: [delivery(change)], now: 1000, slots: 5, canJoin: false })?.id ?? null;

test('what failed waits until it is due; what was never tried does not, though the clock was set back since', () => {
  expect(pickedOf({ attempts: 1, due_at: 900 })).toBe('n');
  expect(pickedOf({ attempts: 1, due_at: 3_600_000 })).toBeNull();
  expect(pickedOf({ attempts: 0, due_at: 3_600_000 })).toBe('n');
});
