import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { findProgram } from '../host/programs.js';
import { CAPTURE_FIELDS, CaptureConnections } from './capture-connections.js';
import { prepare, Spool } from './prepare.js';

vi.mock('../host/programs.js', { spy: true });

let folder: string;
let spool: Spool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-capture-'));
  spool = await Spool.in(join(folder, 'spool'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const hasTshark = findProgram('tshark') !== null;
if (!hasTshark) console.log('SKIP: no tshark here; packet captures are not read');

interface Frame {
  src: string;
  dst: string;
  sport: number;
  dport: number;
  flags: number;
  /** Bytes of the packet on the wire; the capture keeps headers only. */
  length: number;
}

/** Ethernet, IPv4 and TCP headers of a packet, in a pcap of that snap length. */
function pcap(frames: Frame[], magic = 0xa1b2c3d4): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(magic, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(54, 16);
  header.writeUInt32LE(1, 20);
  return Buffer.concat([header, ...frames.map(record)]);
}

function record({ src, dst, sport, dport, flags, length }: Frame, index: number): Buffer {
  const bytes = Buffer.alloc(16 + 54);
  bytes.writeUInt32LE(1_795_248_000 + index, 0);
  bytes.writeUInt32LE(54, 8);
  bytes.writeUInt32LE(14 + length, 12);
  const packet = bytes.subarray(16);
  packet.writeUInt16BE(0x0800, 12);
  packet[14] = 0x45;
  packet.writeUInt16BE(length, 16);
  packet[22] = 64;
  packet[23] = 6;
  Buffer.from(src.split('.').map(Number)).copy(packet, 26);
  Buffer.from(dst.split('.').map(Number)).copy(packet, 30);
  packet.writeUInt16BE(sport, 34);
  packet.writeUInt16BE(dport, 36);
  packet[46] = 0x50;
  packet[47] = flags;
  return bytes;
}

const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];
const out = { src: '10.20.0.15', dst: '198.51.100.10', sport: 41200, dport: 443 };
const back = { src: out.dst, dst: out.src, sport: out.dport, dport: out.sport };
const TALK: Frame[] = [
  { ...out, flags: SYN, length: 60 },
  { ...back, flags: SYN | ACK, length: 60 },
  { ...out, flags: ACK, length: 1500 },
  { ...out, flags: FIN | ACK, length: 52 },
  { ...back, flags: FIN | ACK, length: 52 },
];

let count = 0;
async function read(bytes: Buffer) {
  count += 1;
  const path = join(folder, `${count}.pcap`);
  await writeFile(path, bytes);
  const { stretches, problems } = await prepare({ path, bytes: bytes.length }, spool);
  const texts = await Promise.all(stretches.map(({ plainPath }) => readFile(plainPath, 'utf8')));
  const rows = texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line));
  return { rows, problems };
}

const SUMS = {
  src_ip: '10.20.0.15',
  src_port: 41200,
  bytes_out: 1612,
  bytes_in: 112,
  packets_out: 3,
  packets_in: 2,
};

test.skipIf(!hasTshark)('lengths on the wire count, however little of each packet was kept', async () => {
  expect(await read(pcap(TALK))).toMatchObject({ rows: [{ ...SUMS, is_opened: true }], problems: [] });
});

test.skipIf(!hasTshark)('compressed, and with nanoseconds', async () => {
  expect(await read(gzipSync(pcap(TALK, 0xa1b23c4d)))).toMatchObject({ rows: [SUMS], problems: [] });
});

test.skipIf(!hasTshark)(
  'what stands before the break is read, and the break told in tshark’s words',
  async () => {
    const { rows, problems } = await read(pcap(TALK).subarray(0, -20));
    expect(rows).toMatchObject([{ ...SUMS, bytes_in: 60, packets_in: 1 }]);
    expect(problems).toMatchObject([{ what: expect.stringContaining('cut short'), level: 'error' }]);
    const archive = gzipSync(pcap(TALK));
    const broken = await read(archive.subarray(0, -12));
    expect(broken.problems).toMatchObject([{ what: expect.stringContaining('breaks off'), level: 'error' }]);
  },
);

test.skipIf(!hasTshark)('what only begins like a capture is an error', async () => {
  const { rows, problems } = await read(
    Buffer.from('d4c3b2a1ffffffffffffffffffffffffffffffffffffffff', 'hex'),
  );
  expect([rows, problems.map(({ level }) => level)]).toEqual([[], ['error']]);
});

test('without tshark nobody looked, and that is said', async () => {
  vi.mocked(findProgram).mockReturnValueOnce(null);
  const { rows, problems } = await read(pcap(TALK));
  expect(rows).toEqual([]);
  expect(problems).toMatchObject([{ what: expect.stringContaining('could not look'), level: 'unread' }]);
});

const line = (values: Partial<Record<(typeof CAPTURE_FIELDS)[number], string | number>>): string =>
  CAPTURE_FIELDS.map((field) => values[field] ?? '').join('\t');

function connectionsOf(lines: string[]) {
  const connections = new CaptureConnections();
  const told = [...lines.flatMap((one) => [...connections.add(one)]), ...connections.end()];
  return { told: told.map((one) => JSON.parse(one)), others: connections.others };
}

const tcp = (seconds: number, { src, dst, sport, dport }: typeof out, flags: number, length = 60): string =>
  line({
    ...{
      'frame.time_epoch': `${1_795_248_000 + seconds}.000000001`,
      'frame.protocols': 'eth:ethertype:ip:tcp',
    },
    ...{ 'ip.src': src, 'ip.dst': dst, 'ip.len': length, 'tcp.srcport': sport, 'tcp.dstport': dport },
    ...{ 'tcp.flags': `0x${flags.toString(16).padStart(4, '0')}`, 'frame.len': 14 + length },
  });

test('a SYN after the end is another connection; an answer seen first is turned round', () => {
  const { told } = connectionsOf([
    tcp(0, out, SYN),
    tcp(1, back, RST | ACK, 40),
    tcp(2, out, SYN),
    tcp(3, { ...back, dport: 41300 }, SYN | ACK),
  ]);
  expect(told).toMatchObject([
    { src_port: 41200, bytes_out: 60, bytes_in: 40 },
    { src_port: 41200, bytes_out: 60, bytes_in: 0 },
    { src_ip: '10.20.0.15', src_port: 41300, is_opened: true, bytes_out: 0, bytes_in: 60 },
  ]);
});

test('silence parts conversations without an end', () => {
  const udp = (seconds: number) =>
    line({
      ...{
        'frame.time_epoch': 1_795_248_000 + seconds,
        'frame.protocols': 'eth:ethertype:ipv6:ipv6.hopopts:udp:data',
      },
      ...{ 'ipv6.src': '2001:db8::15', 'ipv6.dst': '2001:db8::1', 'ipv6.plen': 100 },
      ...{ 'udp.srcport': 5000, 'udp.dstport': 6000 },
    });
  expect(connectionsOf([udp(0), udp(60), udp(121)]).told).toMatchObject([
    { protocol: 'udp', is_opened: false, bytes_out: 280, packets_out: 2 },
    { bytes_out: 140 },
  ]);
});

test('the packet within an ICMP error and the inner end of a tunnel are not taken for the outer one', () => {
  const nested = {
    'ip.src': '198.51.100.1',
    'ip.dst': '10.20.0.15',
    'ip.len': 88,
    'frame.time_epoch': 1_795_248_000,
  };
  const { told } = connectionsOf([
    line({
      ...nested,
      'frame.protocols': 'eth:ethertype:ip:icmp:ip:tcp',
      'icmp.type': 3,
      'tcp.srcport': 1,
      'tcp.dstport': 2,
    }),
    line({ ...nested, 'frame.protocols': 'eth:ethertype:ip:gre:ip:udp', 'ip.proto': 47, 'udp.srcport': 1 }),
    line({ 'frame.protocols': 'eth:ethertype:arp' }),
  ]);
  expect(told).toMatchObject([
    { protocol: 'icmp', src_ip: '198.51.100.1', src_port: 0, dst_port: 0 },
    { protocol: 'gre', src_port: 0 },
  ]);
});

test('a flood of made-up sources does not fill the memory, and loses nothing', () => {
  const connections = new CaptureConnections();
  let told = 0;
  for (let n = 0; n < 70_000; n += 1)
    told += [...connections.add(tcp(0, { ...out, src: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}` }, SYN))]
      .length;
  expect(told).toBe(8_193);
  expect([...connections.end()].length).toBe(70_000 - 8_193);
});
