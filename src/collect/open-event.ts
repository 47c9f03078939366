import { readAuditRecord } from '../ingest/audit-events.js';

const NEWLINE = 10;
/** A longer line is no record of the kernel's. */
const MOST_BYTES = 16 * 1024;

/**
 * Whole lines without those at their end that belong to an event whose last record may not have been written yet: the kernel's audit tells an
 * event in several lines, and half of one must not be loaded without the other.
 */
export function withoutOpenEvent(lines: Buffer): Buffer {
  let end = lines.length;
  let open: string | null = null;
  while (end > 0) {
    const start = end < 2 ? 0 : lines.lastIndexOf(NEWLINE, end - 2) + 1;
    if (end - start > MOST_BYTES) break;
    const record = readAuditRecord(lines.toString('utf8', start, end).trimEnd());
    if (record === null || record.type === 'EOE') break;
    const event = `${record.node} ${record.time}:${record.serial}`;
    if (open !== null && event !== open) break;
    open = event;
    end = start;
  }
  return lines.subarray(0, end);
}
