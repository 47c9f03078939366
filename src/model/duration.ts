const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of a text such as `90s`, `30m`, `4h` or `7d`; null for anything else, and for nothing at all (`0h`). */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,7})([smhd])$/.exec(text);
  const seconds = match ? Number(match[1]) * UNITS[match[2]!]! : 0;
  return seconds > 0 ? seconds : null;
}

/** The shortest text that `parseDuration` reads back: 14400 becomes `4h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [unit, size] = Object.entries(UNITS)
    .reverse()
    .find(([, each]) => whole > 0 && whole % each === 0) ?? ['s', 1];
  return `${whole / size}${unit}`;
}
