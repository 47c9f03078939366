// As SVG without scripts: margin by size, a panel a family (where a line crosses 1 is the smallest attack that is found), and beneath it
// the weakest attack found against false alerts, a panel a kind of attack.

const WIDTH = 320;
const HEIGHT = 190;
const PAD = { left: 40, right: 36, top: 28, bottom: 34 };
const COLOURS = [
  '#2f6db3',
  '#b3432f',
  '#2f8a5b',
  '#8a5bb3',
  '#b38a2f',
  '#4d4d4d',
  '#c06bb0',
  '#3aa6b9',
  '#8a8a2f',
];
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const COLUMNS = 2;

export function picture({ attacks, tradeOff }) {
  const families = [...new Set(attacks.map(({ family }) => family))].filter((family) =>
    attacks.some((one) => one.family === family && !one.skipped),
  );
  const panels = [
    ...families.map((family) =>
      panel(
        family,
        attacks.filter((one) => one.family === family),
      ),
    ),
    ...Object.keys(tradeOff[0].weakest).map((what) => tradeOffPanel(what, tradeOff)),
  ].map((drawn, index) => {
    const place = `translate(${(index % COLUMNS) * WIDTH} ${Math.floor(index / COLUMNS) * HEIGHT})`;
    return `<g transform="${place}">${drawn}</g>`;
  });
  const [width, height] = [COLUMNS * WIDTH, Math.ceil(panels.length / COLUMNS) * HEIGHT];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="10" role="img"><title>Margin over the threshold by size of the attack, and the weakest attack found against false alerts</title><rect width="${width}" height="${height}" fill="#fff"/>\n${panels.join('\n')}\n</svg>\n`;
}

/** Across: false alerts per 1,000 workload-days, as log(1 + x). Up: what is the weakest found, in the order in which raised thresholds lose them. */
function tradeOffPanel(what, tradeOff) {
  const labels = [...new Set(tradeOff.map(({ weakest }) => weakest[what] ?? 'none'))];
  const most = Math.log1p(Math.max(1, ...tradeOff.map(({ falsePer1000 }) => falsePer1000)));
  const x = (alerts) => PAD.left + (Math.log1p(alerts) / most) * (WIDTH - PAD.left - PAD.right);
  const y = (label) =>
    HEIGHT - PAD.bottom - ((labels.indexOf(label) + 0.5) / labels.length) * (HEIGHT - PAD.top - PAD.bottom);
  const points = tradeOff.map(({ factor, falsePer1000, weakest }) => ({
    factor,
    falsePer1000,
    label: weakest[what] ?? 'none',
  }));
  const path = points
    .map(({ falsePer1000, label }) => `${x(falsePer1000).toFixed(1)},${y(label).toFixed(1)}`)
    .join(' ');
  return [
    `<text x="${PAD.left}" y="16" font-weight="bold">${escaped(what)}</text>`,
    ...labels.map(
      (label) =>
        `<line x1="${PAD.left}" x2="${WIDTH - PAD.right}" y1="${y(label).toFixed(1)}" y2="${y(label).toFixed(1)}" stroke="#ddd"/><text x="${PAD.left + 10}" y="${(y(label) - 3).toFixed(1)}">${escaped(label)}</text>`,
    ),
    `<line x1="${PAD.left}" x2="${WIDTH - PAD.right}" y1="${HEIGHT - PAD.bottom}" y2="${HEIGHT - PAD.bottom}" stroke="#888"/>`,
    `<polyline points="${path}" fill="none" stroke="${COLOURS[0]}"/>`,
    ...points.map(
      ({ factor, falsePer1000, label }) =>
        `<circle cx="${x(falsePer1000).toFixed(1)}" cy="${y(label).toFixed(1)}" r="3" stroke="${COLOURS[0]}" fill="${factor === 1 ? COLOURS[0] : '#fff'}"><title>${escaped(`thresholds × ${factor}: ${falsePer1000} false alerts per 1,000 workload-days, ${label}`)}</title></circle>`,
    ),
    ...[0, 1, 10, 100]
      .filter((alerts) => Math.log1p(alerts) <= most)
      .map(
        (alerts) =>
          `<text x="${x(alerts).toFixed(1)}" y="${HEIGHT - PAD.bottom + 14}" text-anchor="middle">${alerts}</text>`,
      ),
    `<text x="${WIDTH - PAD.right}" y="${HEIGHT - PAD.bottom + 26}" text-anchor="end" fill="#666">false alerts per 1,000 workload-days</text>`,
  ].join('');
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
        : `<text x="${WIDTH - PAD.right}" y="${HEIGHT - PAD.bottom - 4 - 9 * (series.size - 1 - index)}" text-anchor="end" font-size="8" fill="${colour}">${escaped(name)}</text>`;
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
