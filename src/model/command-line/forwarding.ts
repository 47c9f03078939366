import type { CommandCall, Transfer } from './command-call.js';
import { CONFIDENCE } from './confidence.js';
import type { SimpleCommand } from './split-shell.js';

/** In every line that turns forwarding on through a file. */
export const FORWARDING = '/proc/sys/net/ipv';

const SWITCH = /^\/proc\/sys\/net\/ipv[46]\/(?:ip_forward|conf\/[^/\s]+\/forwarding)$/;

/** `echo 1 > /proc/sys/net/ipv4/ip_forward`, and `tee` into it: the container passes other machines' packets on. */
export function readForwarding(command: SimpleCommand, call: CommandCall): Transfer[] {
  const redirected = command.redirects.find(
    ({ operator, target }) => operator.startsWith('>') && SWITCH.test(target),
  )?.target;
  const written =
    redirected ?? (call.name === 'tee' ? call.args.find((word) => SWITCH.test(word)) : undefined);
  if (written === undefined || (call.name === 'echo' && !call.args.includes('1'))) return [];
  return [
    {
      tool: call.name === '' ? 'shell' : call.name,
      direction: 'reroute',
      protocol: 'unknown',
      sourceFiles: [],
      evidence: written,
      inLoop: call.inLoop,
      confidence: CONFIDENCE.file,
    },
  ];
}
