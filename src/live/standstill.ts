/** Where nothing was judged for so long, nobody looks: strategies are blind, and the process is not ready. */
export const BLIND_AFTER_SECONDS = 120;

/** How long ago something was done that is to be done again and again, by the steady clock: the one on the wall may be set. */
export class Standstill {
  #doneAt = performance.now();

  constructor(readonly afterSeconds: number) {}

  done(): void {
    this.#doneAt = performance.now();
  }

  get milliseconds(): number {
    return performance.now() - this.#doneAt;
  }

  /** Whether that is too long. */
  get lasts(): boolean {
    return this.milliseconds >= this.afterSeconds * 1000;
  }
}
