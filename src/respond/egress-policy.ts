import { isIP } from 'node:net';
import type { Config } from '../model/config.js';
import { forTerminal } from '../output/escape.js';

export interface EgressPolicyRequest {
  /** Bridges of container networks on this host. */
  bridges: string[];
  sanctioned: Config['sanctioned'];
  /** `log` counts and logs what `drop` would drop. */
  mode: 'log' | 'drop';
  /** A connection that has sent more than this is taken for an upload. */
  maxUploadBytes: number;
}

const FTP_PORTS = '20, 21, 989, 990';

/** An nft ruleset for review. It is printed, never loaded by Stowaway. */
export function egressPolicy({ bridges, sanctioned, mode, maxUploadBytes }: EgressPolicyRequest): string {
  const destinations = sanctioned.flatMap(({ destination, reason, owner }) =>
    [destination].flat().map((name) => ({ name, why: forTerminal(`${reason} (${owner})`) })),
  );
  const familyOf = (name: string) => isIP(name.split('/')[0]!);
  const addresses = (family: 4 | 6) =>
    destinations.filter(({ name }) => familyOf(name) === family).map(({ name }) => name);
  const names = destinations.filter(({ name }) => familyOf(name) === 0);
  const verdict = (what: string) =>
    mode === 'log' ? `counter log prefix "stowaway ${what}: " level info` : `counter drop`;
  const lines = [
    '# Egress policy for containers on this host, written by `stowaway respond egress`. Review it before you load it:',
    '#   nft -c -f FILE    checks it      nft -f FILE    loads it      nft delete table inet stowaway_egress    removes it',
    `# Mode: ${mode}${mode === 'log' ? ' (nothing is dropped; run it for one full period, read the counters, then print it with --mode drop)' : ''}.`,
    '#',
    '# What nft cannot see: HTTP methods, paths and TLS names. A PUT is known only by its effect: a connection that has sent much.',
    '#   - Uploads cut into connections below the limit pass; so do uploads over ports that carry other things.',
    '#   - Long honest sessions (replication, websockets) may be taken for uploads: sanction their destinations.',
    '#   - FTP data connections on high ports are not recognised, but there are none without the control connection.',
    '#   - The byte limit needs net.netfilter.nf_conntrack_acct=1; without it that rule never matches.',
    '#   - Traffic within a bridge, and containers on the host network, do not pass here.',
    '#   To stop PUT and POST themselves, put a proxy in the path and deny there.',
    ...(names.length > 0
      ? [
          '# Sanctioned by name; nft knows only addresses, which change, so these are NOT let through. Add their addresses by hand:',
          ...names.map(({ name, why }) => `#   ${forTerminal(name)}: ${why}`),
        ]
      : []),
    'create table inet stowaway_egress',
    'table inet stowaway_egress {',
    set(
      'bridges',
      'ifname',
      bridges.map((bridge) => `"${checkedDevice(bridge)}"`),
    ),
    set('sanctioned4', 'ipv4_addr', addresses(4), true),
    set('sanctioned6', 'ipv6_addr', addresses(6), true),
    '  chain forward {',
    '    type filter hook forward priority -150; policy accept;',
    '    iifname != @bridges accept',
    '    oifname @bridges accept',
    '    ip daddr @sanctioned4 accept',
    '    ip6 daddr @sanctioned6 accept',
    `    tcp dport { ${FTP_PORTS} } ${verdict('ftp')}`,
    `    ct direction original ct original bytes > ${maxUploadBytes} ${verdict('upload')}`,
    '  }',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function set(name: string, type: string, elements: string[], isInterval = false): string {
  const parts = [
    `type ${type};`,
    ...(isInterval ? ['flags interval; auto-merge;'] : []),
    ...(elements.length > 0 ? [`elements = { ${[...new Set(elements)].join(', ')} };`] : []),
  ];
  return `  set ${name} { ${parts.join(' ')} }`;
}

function checkedDevice(name: string): string {
  if (/^[A-Za-z0-9_.-]{1,15}$/.test(name)) return name;
  throw new Error(`${JSON.stringify(name)} is no name of a device`);
}
