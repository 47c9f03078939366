import { describe, expect, it } from 'vitest';
import { interestingNeedles, parseCommand } from './parse-command.js';

const floods = (line: string) =>
  parseCommand(line).transfers.filter(({ direction }) => direction === 'flood');
const reroutes = (line: string) =>
  parseCommand(line).transfers.filter(({ direction }) => direction === 'reroute');

describe('flood tools', () => {
  it.each([
    ['hping3 -q -S -p 80 -i u1000 -c 3000 198.51.100.10', 'hping3', '198.51.100.10', 80],
    ['sudo /usr/sbin/hping3 --flood --udp -p 53 victim.example', 'hping3', 'victim.example', 53],
    ['ab -n 100000 -c 50 http://shop.example/', 'ab', 'shop.example', undefined],
    ['wrk -t4 -c400 -d30s http://shop.example:8080/x', 'wrk', 'shop.example', 8080],
    ['siege -c 200 -b http://shop.example/', 'siege', 'shop.example', undefined],
    ['python3 slowloris.py shop.example -s 500', undefined, undefined, undefined],
    ['slowloris.py shop.example -s 500', 'slowloris.py', 'shop.example', undefined],
    ['sh -c "ping -f 198.51.100.10"', 'ping', '198.51.100.10', undefined],
    ['ping -i 0.01 198.51.100.10', 'ping', '198.51.100.10', undefined],
    ['docker exec app1 timeout 60 hping3 -1 --flood 198.51.100.15', 'hping3', '198.51.100.15', undefined],
  ])('%s', (line, tool, host, port) => {
    const [flood] = floods(line);
    expect([flood?.tool, flood?.host, flood?.port]).toEqual([tool, host, port]);
  });

  it.each([
    'ping -c 4 198.51.100.10',
    'hping3 --help',
    'echo hping3 198.51.100.10',
    'cat slab -x',
    'man wrk',
    'ab',
  ])('%s is none', (line) => expect(floods(line)).toEqual([]));

  it('a cut line still names the tool, with less confidence', () => {
    const { transfers } = parseCommand(['hping3', '-S', '-p', '80'], { truncated: true });
    expect(transfers[0]).toMatchObject({ direction: 'flood', confidence: 0.4 });
  });
});

describe('loops and their pauses', () => {
  it.each([
    ['while true; do wget -q http://x.example/; done', 0],
    ['while :; do echo > /dev/tcp/198.51.100.10/80; sleep 0.5; done', 0.5],
    ['while sleep 2; do curl http://x.example/; done', 2],
    ['for i in 1 2; do curl http://x.example/; sleep 1m; done', 60],
    ['while true; do curl http://x.example/; usleep 50000; done', 0.05],
    ['while true; do curl http://x.example/; sleep $DELAY; done', 1],
    ['sleep 5; curl http://x.example/', 0],
  ])('%s waits %d s', (line, pause) => expect(parseCommand(line).loopPause).toBe(pause));
});

describe('re-routing', () => {
  it.each([
    'iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE',
    'iptables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 198.51.100.10',
    'nft add rule ip nat postrouting masquerade',
    'ip route replace default via 10.96.0.3',
    'ip -4 route add 198.51.100.16/32 via 10.96.0.3',
    'sysctl -w net.ipv4.ip_forward=1',
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
    'sh -c "echo 1 | tee /proc/sys/net/ipv4/ip_forward"',
    'arpspoof -i eth0 -t 10.96.0.2 10.96.0.1',
  ])('%s', (line) => expect(reroutes(line)).toHaveLength(1));

  it.each([
    'iptables -t nat -A OUTPUT -p tcp -j REDIRECT --to-ports 15001',
    'iptables -L -n',
    'ip route show',
    'ip route replace 10.96.0.128/25 dev eth0',
    'echo 0 > /proc/sys/net/ipv4/ip_forward',
    'cat /proc/sys/net/ipv4/ip_forward',
    'sysctl net.ipv4.ip_forward',
  ])('%s is none', (line) => expect(reroutes(line)).toEqual([]));
});

it('lines concerned are found by the needles', () => {
  const needles = interestingNeedles();
  for (const line of [
    'ip route add default via 10.0.0.1',
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
    'ab -n 10 http://x/',
  ])
    expect(needles.some((needle) => line.includes(needle))).toBe(true);
  expect(needles).not.toContain('ip');
  expect(needles).not.toContain('ab');
});
