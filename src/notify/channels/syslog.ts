import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { connect, isIPv6, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { connect as connectTls } from 'node:tls';
import type { Severity } from '../../model/hunt-result.js';
import type { ConfigOf } from '../../model/notify-config.js';
import { toCef } from '../cef.js';
import type { Channel, Receipt } from '../channel.js';
import type { Parcel } from '../message.js';
import type { Surroundings } from '../surroundings.js';

/** Receivers need not take longer datagrams (RFC 5426). */
const MOST_DATAGRAM_BYTES = 2048;

/** RFC 5424's severities. */
const LEVEL: Record<Severity, number> = { critical: 2, high: 3, medium: 4, low: 5, informational: 6 };

/**
 * CEF in a syslog line of RFC 5424. Syslog acknowledges nothing: a message counts as taken when the datagram has left, or when
 * the receiver closed its end of the connection after ours, without an error.
 */
export function openSyslog(config: ConfigOf<'syslog'>, surroundings: Surroundings): Channel {
  return {
    grouping: 'each',
    canJoin: false,
    async send(parcel) {
      const line = lineOf(config, parcel, surroundings.version);
      try {
        return await (config.protocol === 'udp'
          ? sendDatagram(config, line)
          : sendStream(config, line, surroundings.timeoutMs));
      } catch (error) {
        return { outcome: 'later', answer: `${config.host}:${config.port}: ${(error as Error).message}` };
      }
    },
  };
}

function lineOf({ facility }: ConfigOf<'syslog'>, parcel: Parcel, version: string): string {
  const message = parcel.messages[0]!;
  const priority = facility * 8 + LEVEL[message.severity];
  const host =
    hostname()
      .replace(/[^\x21-\x7e]/g, '')
      .slice(0, 255) || '-';
  return `<${priority}>1 ${message.at} ${host} stowaway ${process.pid} ${message.what} - ${toCef(parcel, version)}`;
}

/** The bytes up to a limit, without a torn character at the end. */
function cut(text: string, limit: number): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= limit) return bytes;
  let end = limit;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}

function sendDatagram({ host, port }: ConfigOf<'syslog'>, line: string): Promise<Receipt> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  return new Promise<Receipt>((resolve, reject) => {
    socket.once('error', reject);
    socket.send(cut(line, MOST_DATAGRAM_BYTES), port, host, (error) =>
      error ? reject(error) : resolve({ outcome: 'taken', answer: 'sent; udp is not acknowledged' }),
    );
  }).finally(() => socket.close());
}

async function sendStream(config: ConfigOf<'syslog'>, line: string, timeoutMs: number): Promise<Receipt> {
  const { host, port, protocol, framing, ca_file } = config;
  const ca = ca_file === undefined ? undefined : await readFile(ca_file);
  const bytes = Buffer.from(line, 'utf8');
  const frame =
    framing === 'count'
      ? Buffer.concat([Buffer.from(`${bytes.length} `), bytes])
      : Buffer.concat([bytes, Buffer.from('\n')]);
  return new Promise<Receipt>((resolve, reject) => {
    const socket: Socket =
      protocol === 'tls'
        ? connectTls({ host, port, servername: host, ...(ca && { ca }) })
        : connect({ host, port });
    const timer = setTimeout(
      () => socket.destroy(new Error(`not taken within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    let isFlushed = false;
    socket.once('error', reject);
    socket.once('close', () => {
      clearTimeout(timer);
      if (isFlushed) resolve({ outcome: 'taken', answer: 'sent; syslog is not acknowledged' });
      else reject(new Error('the receiver closed the connection'));
    });
    socket.once(protocol === 'tls' ? 'secureConnect' : 'connect', () => {
      socket.end(frame, () => {
        isFlushed = true;
      });
      // The receiver's end of the connection is only seen when what it says is read.
      socket.resume();
    });
  });
}
