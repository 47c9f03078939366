import type { Progress } from './flow-progress.js';
import type { Verification } from './ledger.js';

export interface JudgeQuestion {
  /** Oldest first; begins before the effect. */
  timeline: Progress[];
  /** Epoch milliseconds: the containing effect began, the last call of it returned. */
  began: number;
  done: number;
  /** Epoch milliseconds: the plan was approved. */
  approved: number;
  /** Silence must last this long. */
  windowMs: number;
  /** Paused processes send nothing, but their kernel still acknowledges what others send them. */
  isPause: boolean;
}

/** Largest packet, in bytes at IP level, that can be nothing but headers of TCP. */
const BARE_PACKET_BYTES = 92;

/**
 * Says whether it stopped. Pure. Silence counts only while a control flow moves through the same sensor; and only when
 * something moved before. What others still send towards the container (retransmissions) is told, but is not its own.
 */
export function judge(question: JudgeQuestion): Verification {
  const { timeline, began, done, approved, windowMs, isPause } = question;
  const last = timeline.at(-1);
  const from = last && timeline.findLast((each) => each.at <= last.at - windowMs && each.at >= done);
  const measured: Verification['measured'] = {};
  const answer = (verdict: Verification['verdict'], says: string): Verification => ({
    verdict,
    says,
    measured,
  });
  if (!last || !from)
    return answer('not verified', 'not verified: the sensor gave no samples over the window');
  const atStart = timeline.findLast((each) => each.at <= began) ?? timeline[0]!;
  const moved = timeline.findLast(
    (each, index) => index > 0 && each.out_bytes > timeline[index - 1]!.out_bytes,
  );
  const control = controlOf(from, last);
  Object.assign(measured, {
    window_ms: last.at - from.at,
    out_bytes: last.out_bytes - from.out_bytes,
    in_bytes: last.in_bytes - from.in_bytes,
    flows: last.flows,
    before_ms: atStart.at - timeline[0]!.at,
    before_out_bytes: atStart.out_bytes,
    after_effect_out_bytes: last.out_bytes - atStart.out_bytes,
    control: control?.name ?? null,
    control_bytes: control?.bytes ?? 0,
    last_byte_after_approval_ms: moved ? moved.at - approved : null,
    last_byte_after_effect_ms: moved ? moved.at - began : null,
    sample_ms: Math.round((last.at - timeline[0]!.at) / Math.max(1, timeline.length - 1)),
  });
  if (last.counted === 0)
    return answer(
      'not verified',
      'not verified: conntrack counts no bytes here (is net.netfilter.nf_conntrack_acct 1?)',
    );
  if (!control)
    return answer('not verified', 'not verified: the sensor could not be shown alive; no control flow moved');
  if (isMoving(from, last, isPause))
    return answer(
      'not stopped',
      `not stopped: it sent ${last.out_bytes - from.out_bytes} bytes in the last ${last.at - from.at} ms`,
    );
  if (atStart.out_bytes === 0)
    return answer(
      'silent',
      'silent: nothing of it moved after, but nothing had moved in the second before either',
    );
  const peers =
    last.in_bytes > from.in_bytes
      ? `; others still send to it (${last.in_bytes - from.in_bytes} bytes), unanswered`
      : '';
  return answer(
    'stopped',
    `stopped: it sent nothing for ${last.at - from.at} ms, while ${control.name} moved ${control.bytes} bytes${peers}`,
  );
}

export function isMoving(from: Progress, last: Progress, isPause: boolean): boolean {
  const bytes = last.out_bytes - from.out_bytes;
  if (!isPause) return bytes > 0;
  return bytes > BARE_PACKET_BYTES * (last.out_packets - from.out_packets);
}

/** The flow, not one of the watched, that moved most in the window. */
export function controlOf(from: Progress, last: Progress): { name: string; bytes: number } | null {
  let best: { name: string; bytes: number } | null = null;
  for (const [name, total] of last.others) {
    const bytes = total - (from.others.get(name) ?? 0);
    if (bytes > (best?.bytes ?? 0)) best = { name, bytes };
  }
  return best;
}
