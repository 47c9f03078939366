import type { CommandCall, Transfer } from './command-call.js';
import { hasSubstitution } from './command-call.js';
import { CONFIDENCE } from './confidence.js';
import type { SimpleCommand } from './split-shell.js';
import { readPort, type Target, withHost } from './target.js';

const SHELLS = /^(?:ba|da|a|k|z|mk)?sh$/;
/** Programs that write to an operand. */
const WRITERS = new Set(['dd', 'tee', 'cp', 'install']);
const MUTE = new Set(['', ':', 'true', 'echo', 'printf', 'exec']);
/** The letters of `tar cz`, which are no file. */
const OLD_STYLE = /^[cxtru][a-zA-Z]{0,5}f?$/;
const MAX_DESCRIPTORS = 64;

interface NetworkFile {
  protocol: 'tcp' | 'udp';
  target: Target;
  text: string;
}

/** bash opens `/dev/tcp/host/port` itself; the last part of a cut one is left out. */
function readNetworkFile(text: string, isPartial = false): NetworkFile | undefined {
  const match = /^(?:of=)?\/dev\/(tcp|udp)\/([^/\s]+)\/([^/\s]+)/.exec(text);
  if (match === null) return undefined;
  const target = { ...withHost({}, match[2] ?? ''), ...(isPartial ? {} : readPort(match[3])) };
  return { protocol: match[1] === 'udp' ? 'udp' : 'tcp', target, text: match[0] };
}

/** Follows `exec 3<>/dev/tcp/..` to the commands that write to descriptor 3. One per script. */
export class NetworkRedirects {
  private readonly descriptors = new Map<number, NetworkFile>();

  /** Transfers of one command by redirects to the network, or by `dd of=/dev/tcp/..` and the like. */
  read(command: SimpleCommand, call: CommandCall): Transfer[] {
    const found: Transfer[] = [];
    for (const [index, { fd, operator, target }] of command.redirects.entries()) {
      const isPartial = command.open === 'in-redirect' && index === command.redirects.length - 1;
      const file = this.resolve(operator, target, isPartial);
      if (file === undefined) continue;
      const isExec = call.name === 'exec' || (call.name === '' && fd !== undefined && fd > 2);
      if (isExec) this.remember(fd, file);
      if (operator === '<' || operator === '<&') found.push(this.transfer(call, file, 'download'));
      else if (operator === '<>' || isExec || SHELLS.test(call.name) || isNameOpen(call))
        found.push(this.transfer(call, file, 'unknown'));
      else found.push(this.transfer(call, file, 'upload'));
    }
    const writes = WRITERS.has(call.name) ? call.args : [];
    const operand = writes.map((word) => readNetworkFile(word)).find((file) => file !== undefined);
    if (operand) found.push({ ...this.transfer(call, operand, 'upload'), confidence: CONFIDENCE.indirect });
    return found;
  }

  private resolve(operator: string, target: string, isPartial: boolean): NetworkFile | undefined {
    const descriptor =
      /^\d+$/.test(target) && operator.endsWith('&') ? this.descriptors.get(Number(target)) : undefined;
    return isPartial && descriptor ? undefined : (descriptor ?? readNetworkFile(target, isPartial));
  }

  private remember(fd: number | undefined, file: NetworkFile): void {
    if (fd !== undefined && this.descriptors.size < MAX_DESCRIPTORS) this.descriptors.set(fd, file);
  }

  private transfer(call: CommandCall, file: NetworkFile, direction: Transfer['direction']): Transfer {
    const operands = call.args.filter((word) => !word.startsWith('-') && !readNetworkFile(word));
    return {
      tool: call.name === '' ? 'shell' : call.name,
      direction,
      protocol: file.protocol,
      ...file.target,
      sourceFiles:
        direction === 'upload' && !MUTE.has(call.name)
          ? operands.filter((word) => call.name !== 'tar' || !OLD_STYLE.test(word)).slice(0, 16)
          : [],
      evidence: file.text,
      inLoop: call.inLoop,
      confidence:
        direction === 'upload'
          ? sendingConfidence(call, operands)
          : direction === 'download'
            ? 0.7
            : CONFIDENCE.hint,
    };
  }
}

/** Cut in or before the command's name, which may become `bash` or `exec`. */
function isNameOpen(call: CommandCall): boolean {
  return call.args.length === 0 && (call.cut === 'in-word' || (call.cut !== 'no' && call.name === ''));
}

/** `echo > /dev/tcp/..` opens a connection; `cat f > /dev/tcp/..` sends a file. */
function sendingConfidence(call: CommandCall, operands: string[]): number {
  if (MUTE.has(call.name))
    return call.args.some(hasSubstitution) ? CONFIDENCE.indirect : CONFIDENCE.connection;
  const isFed = call.stdin.kind === 'file' || call.stdin.kind === 'pipe';
  return operands.length > 0 || isFed ? CONFIDENCE.file : CONFIDENCE.indirect;
}
