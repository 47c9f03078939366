import { expect, test } from 'vitest';
import { errnoName } from './errno.js';

test.each([
  [1, 'EPERM'],
  [2, 'ENOENT'],
  [8, 'ENOEXEC'],
  [11, 'EAGAIN'],
  [26, 'ETXTBSY'],
  [999, 'errno 999'],
])('%i is %s', (number, name) => {
  expect(errnoName(number)).toBe(name);
});
