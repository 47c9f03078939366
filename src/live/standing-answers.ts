import { type Answers, keyOf, valuesFor } from '../detect/run-analytics.js';
import type { Strategy } from '../model/strategy.js';

/** Ticks are not exact: an analytic is due a little before its time. */
const DUE_SHARE = 0.9;

/**
 * What analytics answered, for as long as their strategies let it stand (`tickSeconds`). One that several strategies share is asked as
 * often as the most impatient of them wants. Moments are milliseconds of one steady clock.
 */
export class StandingAnswers {
  readonly #everyMs = new Map<string, number>();
  readonly #asked = new Map<string, { answer: ReturnType<Answers['get']>; at: number }>();
  #changedAt = Number.NEGATIVE_INFINITY;

  constructor(strategies: readonly Strategy[]) {
    for (const strategy of strategies) {
      for (const analytic of strategy.analytics) {
        const key = keyOf(analytic, valuesFor(analytic, strategy));
        const known = this.#everyMs.get(key) ?? Number.POSITIVE_INFINITY;
        this.#everyMs.set(key, Math.min(known, strategy.tickSeconds * 1000));
      }
    }
  }

  /** What analytics ask about is not what it was. */
  changed(now: number): void {
    this.#changedAt = now;
  }

  /** Whether what an analytic was asked about has changed since, and it is due. */
  isOwed(now: number): boolean {
    return [...this.#asked].some(([key, { at }]) => at < this.#changedAt && this.#isDue(key, now));
  }

  /** The answers that still stand. */
  standing(now: number): Answers {
    const standing = [...this.#asked].filter(([key]) => !this.#isDue(key, now));
    return new Map(standing.map(([key, { answer }]) => [key, answer!]));
  }

  /** Keeps what was asked at `now` beside what stood then. A question that failed is asked again at once. */
  async keep(answers: Answers, now: number): Promise<void> {
    for (const [key, answer] of answers) {
      if (this.#asked.get(key)?.answer === answer) continue;
      const isAnswered = await answer.then(
        () => true,
        () => false,
      );
      if (isAnswered) this.#asked.set(key, { answer, at: now });
      else this.#asked.delete(key);
    }
  }

  /** Everything is asked again. */
  forget(): void {
    this.#asked.clear();
  }

  #isDue(key: string, now: number): boolean {
    return now - this.#asked.get(key)!.at >= DUE_SHARE * (this.#everyMs.get(key) ?? 0);
  }
}
