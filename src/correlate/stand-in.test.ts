import { expect, test } from 'vitest';
import type { Destination, Finding } from '../model/hunt-result.js';
import { standIn } from './correlate.js';
import { finding, strategy } from './testing/made-up.js';

const push = strategy({ id: 'push', tactic: 'exfiltration' });
const schedule = strategy({ id: 'schedule', tactic: 'exfiltration' });
const flood = strategy({ id: 'flood', tactic: 'impact' });

const to = (ip: string): Destination => ({ ip, port: 443, domain: '', bytes_out: 1 });
const usual = finding({
  ...{ uid: 'usual', strategy: 'push', destinations: [to('203.0.113.1')] },
  ...{ status: 'suppressed', suppressed_by: 'build workload ci*' },
});

/** What becomes of another finding beside the usual push of a build job. */
function beside(values: Partial<Finding>, unlisted: Destination[] = []): string {
  const other = finding({ uid: 'other', strategy: 'schedule', status: 'open', ...values });
  standIn([usual, other], [push, schedule, flood], {
    usual: new Set(['usual']),
    unlisted: new Map([['other', unlisted]]),
  });
  return other.status;
}

test('the usual push of a build job is usual under every strategy of its tactic', () => {
  expect(beside({ destinations: [to('203.0.113.1')] })).toBe('suppressed');
  expect(beside({ destinations: [to('203.0.113.1')], strategy: 'flood' })).toBe('open');
});

test('what goes elsewhere, or nobody knows where, is not', () => {
  expect(beside({ destinations: [to('203.0.113.1'), to('203.0.113.2')] })).toBe('open');
  expect(beside({ destinations: [] })).toBe('open');
  expect(beside({ destinations: [to('203.0.113.1')] }, [to('203.0.113.2')])).toBe('open');
});
