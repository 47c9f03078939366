// Margin by size, a panel a family, as SVG without scripts: where a line crosses 1 is the smallest attack that is found.

const WIDTH = 320;
const HEIGHT = 190;
const PAD = { left: 40, right: 12, top: 28, bottom: 34 };
const COLOURS = ['#2f6db3', '#b3432f', '#2f8a5b', '#8a5bb3', '#b38a2f', '#4d4d4d'];
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function picture({ attacks }) {
  const families = [...new Set(attacks.map(({ family }) => family))].filter((family) =>
    attacks.some((one) => one.family === family && !one.skipped),
  );
  const columns = Math.min(2, families.length);
  const panels = families.map((family, index) => {
    const place = `translate(${(index % columns) * WIDTH} ${Math.floor(index / columns) * HEIGHT})`;
    return `<g transform="${place}">${panel(
      family,
      attacks.filter((one) => one.family === family),
    )}</g>`;
  });
  const [width, height] = [columns * WIDTH, Math.ceil(families.length / columns) * HEIGHT];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="10" role="img"><title>Margin over the threshold by size of the attack</title><rect width="${width}" height="${height}" fill="#fff"/>\n${panels.join('\n')}\n</svg>\n`;
}

function panel(family, points) {
  const sizes = points.map(({ size }) => size);
  const [low, high] = [Math.log(Math.min(...sizes)), Math.log(Math.max(...sizes))];
  const top = 1.6;
  const x = (size) =>
    PAD.left + ((Math.log(size) - low) / (high - low || 1)) * (WIDTH - PAD.left - PAD.right);
  const y = (margin) => HEIGHT - PAD.bottom - (Math.min(margin, top) / top) * (HEIGHT - PAD.top - PAD.bottom);
  const series = groups(points);
  const lines = [...series].map(([name, members], index) => {
    const colour = COLOURS[index % COLOURS.length];
    const path = members.map(({ size, margin }) => `${x(size).toFixed(1)},${y(margin).toFixed(1)}`).join(' ');
    const dots = members.map(
      ({ size, margin, found, label }) =>
        `<circle cx="${x(size).toFixed(1)}" cy="${y(margin).toFixed(1)}" r="3" stroke="${colour}" fill="${found ? colour : '#fff'}"><title>${escaped(`${label}: ${margin}`)}</title></circle>`,
    );
    const key =
      name === ''
        ? ''
        : `<text x="${WIDTH - PAD.right}" y="${HEIGHT - PAD.bottom - 6 - 11 * (series.size - 1 - index)}" text-anchor="end" fill="${colour}">${escaped(name)}</text>`;
    return `<polyline points="${path}" fill="none" stroke="${colour}"/>${dots.join('')}${key}`;
  });
  const ticks = [...new Set(sizes)].filter(
    (_, index, all) => index === 0 || index === all.length - 1 || index === all.length >> 1,
  );
  return [
    `<text x="${PAD.left}" y="16" font-weight="bold">${escaped(family)}</text>`,
    `<line x1="${PAD.left}" x2="${WIDTH - PAD.right}" y1="${y(0)}" y2="${y(0)}" stroke="#888"/><line x1="${PAD.left}" x2="${WIDTH - PAD.right}" y1="${y(1)}" y2="${y(1)}" stroke="#888" stroke-dasharray="4 3"/>`,
    ...[0, 0.5, 1, 1.5].map(
      (margin) => `<text x="${PAD.left - 6}" y="${y(margin) + 3}" text-anchor="end">${margin}</text>`,
    ),
    ...ticks.map(
      (size) =>
        `<text x="${x(size).toFixed(1)}" y="${HEIGHT - PAD.bottom + 14}" text-anchor="middle">${escaped(amount(family, size))}</text>`,
    ),
    ...lines,
  ].join('');
}

/** Periodic uploads: a line for each interval and size. */
function groups(points) {
  const named = new Map();
  for (const point of points) {
    const name = point.label.includes(' every ') ? point.label.replace(/, \d+ times$/, '') : '';
    named.set(name, [...(named.get(name) ?? []), point]);
  }
  return named;
}

function amount(family, size) {
  if (family === 'upload') return size >= 1e6 ? `${size / 1e6} MB` : `${size / 1e3} kB`;
  if (family.startsWith('periodic')) return `${size} beats`;
  return family === 'flood' ? `${size}/s` : `${size} workloads`;
}
