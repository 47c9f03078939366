import { expect, test } from 'vitest';
import { recordedIn, shiftTimes } from './shift-times.js';

const recorded = { from: 1_795_232_067, to: 1_795_232_080 };

test.each([
  ['seconds', '"time":1795232067,"x":1', '"time":1795235667,"x":1'],
  ['seconds with a fraction', '[1795232067.988677]', '[1795235667.988677]'],
  ['nanoseconds', '"timeNano":1795232067377241587', '"timeNano":1795235667377241587'],
  ['ISO 8601 with a zone', '"2026-11-21T03:34:27.367454189Z"', '"2026-11-21T04:34:27.367454189Z"'],
  ['ISO 8601 without one', '"2026-11-21T03:34:31"', '"2026-11-21T04:34:31"'],
  ['ctime', '[start=Sat Nov 21 03:34:28 2026]', '[start=Sat Nov 21 04:34:28 2026]'],
  [
    'parts in XML',
    '<hour>23</hour><min>34</min><sec>27</sec><wday>7</wday><day>21</day><month>11</month><year>2026</year>',
    '<hour>0</hour><min>34</min><sec>27</sec><wday>1</wday><day>22</day><month>11</month><year>2026</year>',
  ],
])('moves %s', (_name, before, after) => {
  expect(shiftTimes(before, recorded, 3600)).toBe(after);
  expect(shiftTimes(after, { from: recorded.from + 3600, to: recorded.to + 3600 }, -3600)).toBe(before);
});

test.each([
  ['an id of ten digits', 'id=1902008280'],
  ['a longer number that begins like a time', 'x=17952320671'],
  ['a hash that holds digits of a time', 'sha256:a1795232067b'],
  ['a part of a version', 'v3.1795232067'],
  ['a time of another year', '"0001-01-01T00:00:00Z"'],
  ['a size', 'bytes=8402377'],
])('leaves %s as it is', (_name, text) => {
  expect(shiftTimes(text, recorded, 3600)).toBe(text);
});

test('tells when something was recorded, whatever else looks like a time', () => {
  const texts = [
    '[1795232067.1] [1795232070.2] id=1902008280',
    '"time":1795232080,"timeNano":1795232080377241587',
  ];
  expect(recordedIn(texts)).toEqual({ from: 1_795_232_067, to: 1_795_232_080 });
});
