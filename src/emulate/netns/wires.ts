import { run, runInside } from '../lab/commands.js';

/** What the containers' network is, as an engine describes one. */
export interface NetworkSpec {
  Name: string;
  IPAM: { Config: { Subnet: string; Gateway: string }[] };
  Options: Record<string, string>;
  Labels: Record<string, string>;
}

const BRIDGE_OPTION = 'com.docker.network.bridge.name';

const bridgeOf = (network: NetworkSpec): string => network.Options[BRIDGE_OPTION] ?? 'br0';

/** The bridge, and what engines add to it: connections that leave get the host's address. */
export async function makeBridge(netns: string, network: NetworkSpec): Promise<void> {
  const [{ Subnet, Gateway } = { Subnet: '', Gateway: '' }] = network.IPAM.Config;
  const bridge = bridgeOf(network);
  await batch(netns, [
    `link add ${bridge} type bridge`,
    `addr add ${Gateway}/${Subnet.split('/')[1]} dev ${bridge}`,
    `link set ${bridge} up`,
  ]);
  const rule = `ip saddr ${Subnet} oifname != "${bridge}" masquerade`;
  const table = `table ip lab {\n chain leaving {\n type nat hook postrouting priority srcnat\n ${rule}\n }\n}\n`;
  await runInside(netns, 'nft', ['-f', '-'], table);
}

/** A cable from the bridge into a namespace, with an address at its end. */
export async function plugIn(
  host: string,
  netns: string,
  network: NetworkSpec,
  end: { device: string; address: string; mac: string },
): Promise<void> {
  const [{ Subnet, Gateway } = { Subnet: '', Gateway: '' }] = network.IPAM.Config;
  await batch(host, [
    `link add ${end.device} type veth peer name eth0 address ${end.mac} netns ${netns}`,
    `link set ${end.device} master ${bridgeOf(network)} up`,
  ]);
  // Engines do the same where a network has no IPv6.
  await runInside(netns, 'sysctl', ['-qew', 'net.ipv6.conf.all.disable_ipv6=1']);
  await batch(netns, [
    'link set lo up',
    `addr add ${end.address}/${Subnet.split('/')[1]} dev eth0`,
    'link set eth0 up',
    `route add default via ${Gateway}`,
  ]);
}

const batch = (netns: string, lines: string[]): Promise<string> =>
  run('ip', ['-n', netns, '-batch', '-'], `${lines.join('\n')}\n`);

/** The lowest address of the network that nobody has; the first is the gateway's. */
export function freeAddress(network: NetworkSpec, taken: ReadonlySet<string>): string {
  const prefix = network.IPAM.Config[0]!.Subnet.split('.').slice(0, 3).join('.');
  for (let last = 2; last < 255; last++) if (!taken.has(`${prefix}.${last}`)) return `${prefix}.${last}`;
  throw new Error(`no address of ${prefix}.0/24 is free`);
}

/** As Docker makes them: from the address. */
export const macOf = (address: string): string =>
  ['02', '42', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':');
