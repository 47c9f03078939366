import { expect, test } from 'vitest';
import { captureOf, capturePackets } from './capture-packets.js';

const planOn = (network_mode: string, ips: string[]) =>
  captureOf({
    target: { pid: 7, network_mode },
    request: { finding: { destinations: ips.map((ip) => ({ ip })) } },
  } as never);

test('on the host’s network, which is everybody’s, nothing but the finding’s destinations is captured', async () => {
  expect(planOn('bridge', ['198.51.100.10'])).toEqual({ pid: 7, peers: null });
  expect(planOn('host', ['198.51.100.10', '127.0.0.1'])).toEqual({ pid: 7, peers: ['198.51.100.10'] });
  const ran: string[][] = [];
  const run = async (argv: string[]) => {
    ran.push(argv);
    return { code: 127, stdout: '', stderr: 'not found' };
  };
  await expect(capturePackets(planOn('host', []), { run })).rejects.toThrow('names no address');
  expect(ran).toEqual([]);
  await expect(capturePackets(planOn('host', ['198.51.100.10']), { run })).rejects.toThrow('not found');
  expect(ran[0]!.at(-1)).toBe('host 198.51.100.10');
});
