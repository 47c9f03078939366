import type { Severity } from '../model/hunt-result.js';
import { clean } from './clean.js';
import type { Message, Parcel } from './message.js';

const SEVERITY: Record<Severity, number> = { critical: 10, high: 8, medium: 5, low: 3, informational: 1 };

/** In the header, bars and backslashes are escaped; in the extension, backslashes and equals signs. */
const inHeader = (text: string, limit: number): string => clean(text, limit).replace(/[\\|]/g, '\\$&');
const inExtension = (text: string, limit: number): string => clean(text, limit).replace(/[\\=]/g, '\\$&');

/** One message in ArcSight's Common Event Format, version 0: one line, at most about 4 kB. */
export function toCef({ messages, isRepeat }: Parcel, version: string): string {
  const message = messages[0]!;
  const header = [
    'CEF:0',
    'Stowaway',
    'Stowaway',
    inHeader(version, 40),
    inHeader(message.alert?.finding.strategy ?? message.strategy?.id ?? message.what, 150),
    inHeader(message.title, 250),
    String(SEVERITY[message.severity]),
  ];
  const extension = Object.entries(fieldsOf(message, isRepeat)).map(
    ([name, value]) => `${name}=${inExtension(value, name === 'msg' ? 1000 : 300)}`,
  );
  return `${header.join('|')}|${extension.join(' ')}`;
}

/** Names of CEF's dictionary; those it lacks are labelled custom strings. */
function fieldsOf(message: Message, isRepeat: boolean): Record<string, string> {
  const { id, what, at, why, alert } = message;
  const finding = alert?.finding;
  const to = finding && [...finding.destinations].sort((a, b) => b.bytes_out - a.bytes_out)[0];
  const fields: Record<string, string | undefined | null> = {
    externalId: id,
    rt: String(Date.parse(at)),
    act: isRepeat ? `${what} (may repeat)` : what,
    msg: why,
    start: finding && String(Date.parse(finding.window.from)),
    end: finding && String(Date.parse(finding.window.to)),
    ...(finding?.entity.ip?.includes('.') && { src: finding.entity.ip }),
    ...(to?.ip.includes('.') && { dst: to.ip }),
    dpt: to && to.port > 0 ? String(to.port) : undefined,
    dhost: to?.domain,
    out: to && String(to.bytes_out),
    ...custom(1, 'entity', finding?.entity.name),
    ...custom(2, 'incident', finding?.incident),
    ...custom(3, 'technique', finding?.technique),
    ...custom(4, 'container', finding?.entity.container_uid),
    ...custom(5, 'finding', finding?.uid),
    ...custom(6, 'next', message.next),
  };
  const stated = Object.entries(fields).filter((field): field is [string, string] => Boolean(field[1]));
  return Object.fromEntries(stated);
}

const custom = (number: number, label: string, value: string | null | undefined): Record<string, string> =>
  value ? { [`cs${number}Label`]: label, [`cs${number}`]: value } : {};
