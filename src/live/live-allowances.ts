import { findAllowance } from '../correlate/allowances.js';
import { type Allowance, type AllowanceEntry, describeAllowance, toAllowance } from '../model/allowance.js';
import type { Finding } from '../model/hunt-result.js';
import type { FindingFilter, KeptFinding } from '../model/live.js';
import {
  type AllowancePreview,
  AllowanceRefused,
  type Allowances,
  type ListedAllowance,
  type WouldHide,
} from '../model/live-allowances.js';
import type { Strategy } from '../model/strategy.js';
import { pairWithKept } from './follow.js';
import { allowanceOf, type GivenAllowance, type GivenAllowances } from './given-allowances.js';
import type { Judgement } from './judge.js';
import type { KeptFindings } from './kept-findings.js';

interface Parts {
  given: GivenAllowances;
  findings: KeptFindings;
  strategies: readonly Strategy[];
  /** What the configuration states. */
  stated: readonly Allowance[];
  judgement: () => Judgement | null;
}

const PAGE = 1000;
/** Closed findings that a preview looks at, the latest; of those it would hide, so many are named. */
const MOST_PAST = 5000;
const MOST_NAMED = 50;
/** More hold nobody together any more, and each finding is held against all of them. */
const MOST_IN_FORCE = 1000;

/** Allowances given through the API, beside those of the configuration. */
export class LiveAllowances implements Allowances {
  constructor(readonly parts: Parts) {}

  async list(): Promise<ListedAllowance[]> {
    const { given, stated, findings } = this.parts;
    const rows = await findings.store.rows<{ by: string; hid: number; hides: number }>(HIDDEN);
    const counts = new Map(rows.map((row) => [row.by, row]));
    const count = (allowance: Allowance) => {
      const { hid = 0, hides = 0 } = counts.get(describeAllowance(allowance)) ?? {};
      return { hid, hides };
    };
    return [
      ...given
        .list()
        .reverse()
        .map((one) => ({ ...listed(one), ...count(allowanceOf(one)) })),
      ...stated.map((allowance) => ({
        ...{ id: null, state: stateOf(allowance), allowance, given: null, revoked: null },
        ...count(allowance),
      })),
    ];
  }

  async preview(entry: AllowanceEntry): Promise<AllowancePreview> {
    const { findings, strategies } = this.parts;
    const now = this.#inForce();
    const proposed = toAllowance(entry);
    const wouldHide = hidesMore(now, proposed);
    const atAnyTime = hidesMore(now, { ...proposed, schedule: null, expires: null });
    const isTrue = ({ verdict }: KeptFinding): boolean => verdict === 'true_positive';
    const all = findings.recent(new Date());
    const present = this.#present(proposed, now);
    const { taken } = pairWithKept(all, present.findings, strategies);
    const isHidden = (kept: KeptFinding): boolean => {
      const judged = taken.get(kept.uid);
      return judged ? present.hidden.has(judged.uid) : wouldHide(kept.finding);
    };
    const isLookedAt = (kept: KeptFinding): boolean => kept.finding.status === 'open' && !isTrue(kept);
    const open = all.filter((kept) => kept.state === 'open' && isLookedAt(kept));
    const past = (await this.#read({ state: 'closed' }, MOST_PAST)).filter(isLookedAt);
    const lost = (await this.#read({ verdict: 'true_positive', suppressed: true })).filter(({ finding }) =>
      atAnyTime(finding),
    );
    return {
      refused: lost.length === 0 ? null : whyRefused(lost),
      true_positives: lost.slice(0, MOST_NAMED),
      open: counted(open, isHidden),
      past: counted(past, ({ finding }) => wouldHide(finding)),
      opened: present.opened,
    };
  }

  async add(id: string, entry: AllowanceEntry, by: string): Promise<ListedAllowance> {
    const { given, findings } = this.parts;
    // No verdict is given between looking and keeping.
    return findings.inTurn(async () => {
      if (given.inForce(new Date()).length >= MOST_IN_FORCE)
        throw new AllowanceRefused(`there are ${MOST_IN_FORCE} allowances already: revoke some first`);
      const { refused } = await this.preview(entry);
      if (refused !== null) throw new AllowanceRefused(refused);
      const at = new Date().toISOString();
      const one: GivenAllowance = { id, entry, given: { by, at, why: entry.reason }, revoked: null };
      await given.keep(one);
      return { ...listed(one), hid: 0, hides: 0 };
    });
  }

  async revoke(id: string, by: string, why: string): Promise<ListedAllowance | null> {
    const { given } = this.parts;
    const one = given.list().find((each) => each.id === id && each.revoked === null);
    if (!one) return null;
    await given.keep({ ...one, revoked: { by, at: new Date().toISOString(), why } });
    return (await this.list()).find((each) => each.id === id) ?? null;
  }

  #inForce(): Allowance[] {
    return [...this.parts.stated, ...this.parts.given.inForce(new Date())];
  }

  /** What is judged at present, and what of it would be another way. */
  #present(proposed: Allowance, now: Allowance[]) {
    const judgement = this.parts.judgement();
    const before = judgement?.under(now) ?? [];
    const after = judgement?.under([...now, proposed]) ?? [];
    const statusThen = new Map(after.map(({ uid, status }) => [uid, status]));
    const becomes = (from: Finding['status'] | null, to: Finding['status']): Finding[] =>
      before.filter(
        ({ uid, status }) => (from ?? status) === status && status !== to && statusThen.get(uid) === to,
      );
    return {
      findings: before,
      hidden: new Set(becomes('open', 'suppressed').map(({ uid }) => uid)),
      opened: becomes(null, 'open'),
    };
  }

  /** Page by page, up to so many. */
  async #read(filter: FindingFilter, most = Number.POSITIVE_INFINITY): Promise<KeptFinding[]> {
    const read: KeptFinding[] = [];
    for (let after: string | null = '0'; after !== null && read.length < most; ) {
      const page: Awaited<ReturnType<KeptFindings['list']>> = await this.parts.findings.list({
        ...filter,
        limit: PAGE,
        after,
      });
      read.push(...page.findings);
      after = page.next;
    }
    return read;
  }
}

/** Whether a finding that nothing hides now would be hidden. */
const hidesMore =
  (now: Allowance[], proposed: Allowance) =>
  (finding: Finding): boolean =>
    findAllowance(finding, now) === null && findAllowance(finding, [...now, proposed]) !== null;

function counted(kept: KeptFinding[], isHidden: (kept: KeptFinding) => boolean): WouldHide {
  const hidden = kept.filter(isHidden);
  return { looked_at: kept.length, hidden: hidden.length, findings: hidden.slice(0, MOST_NAMED) };
}

function whyRefused([first, ...more]: KeptFinding[]): string {
  const { uid, finding } = first!;
  const others = more.length === 0 ? '' : `, and ${more.length} more`;
  return `it would hide ${uid} (${finding.technique} on ${finding.entity.name})${others}, judged a true positive: narrow its scope, or change the verdict`;
}

const listed = (one: GivenAllowance): Omit<ListedAllowance, 'hid' | 'hides'> => {
  const { id, given, revoked } = one;
  const { given: _, ...allowance } = allowanceOf(one);
  return { id, allowance, given, revoked, state: revoked ? 'revoked' : stateOf(allowance) };
};

const stateOf = ({ expires }: Allowance): 'active' | 'expired' =>
  expires !== null && Date.parse(expires) < Date.now() ? 'expired' : 'active';

/** By what findings were ever hidden, and by what they are now: the words that a finding and its event keep. */
const HIDDEN = `
SELECT by, uniqExact(uid) AS hid, uniqExactIf(uid, is_now) AS hides FROM (
  SELECT why AS by, uid, 0 AS is_now FROM finding_event WHERE what = 'suppressed'
  UNION ALL
  SELECT JSONExtractString(finding, 'suppressed_by'), uid, 1 FROM finding FINAL WHERE status = 'suppressed'
) GROUP BY by`;
