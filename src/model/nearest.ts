/** The one of `names` that was most likely meant; undefined when none is near. */
export function nearestOf(name: string, names: Iterable<string>): string | undefined {
  const ranked = [...names].map((other) => ({ other, distance: distanceOf(name, other) }));
  const best = ranked.sort((a, b) => a.distance - b.distance || a.other.localeCompare(b.other))[0];
  return best && best.distance <= Math.max(2, name.length / 2) ? best.other : undefined;
}

/** How many letters are to be changed, put in or taken out to make one of the other. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const change = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, change));
    }
    row = next;
  }
  return row[other.length]!;
}
