/** Buckets of a picture; more than can be told apart help nobody. */
export const BUCKETS = 120;

const STEPS = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800,
];

/** Width of a bucket in milliseconds: a step that can be named, by which the span fits. */
export const widthOf = (spanMs: number): number =>
  1000 * (STEPS.find((step) => spanMs / (step * 1000) <= BUCKETS * 0.8) ?? STEPS.at(-1)!);
