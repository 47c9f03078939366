// Freezes the files of schema/: node scripts/release-schema.mjs writes, at a release, the hash of each new one into schema/released.json.
// With --check it only says whether what was released is as it was, and what is new comes after it. A folder may be named.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageVersion } from '../dist/model/paths.js';
import { readSchema } from '../dist/store/schema.js';

const isCheck = process.argv.includes('--check');
const folder =
  process.argv.slice(2).find((word) => !word.startsWith('-')) ??
  join(dirname(fileURLToPath(import.meta.url)), '..', 'schema');
const list = join(folder, 'released.json');

/** By name: { hash, release }. */
const released = JSON.parse(await readFile(list, 'utf8'));
const series = [await readSchema(folder), await readSchema(join(folder, 'live'))];

const problems = series.flatMap((files) => {
  const last = files.findLastIndex(({ name }) => name in released);
  return files.flatMap(({ name, hash }, at) => {
    if (name in released)
      return hash === released[name].hash
        ? []
        : [`${name}: changed since release ${released[name].release}; put it back, and change by a new file`];
    return at < last
      ? [`${name}: new, but before ${files[last].name}, which is released; give it a later number`]
      : [];
  });
});
const names = series.flat().map(({ name }) => name);
for (const [name, { release }] of Object.entries(released))
  if (!names.includes(name))
    problems.push(`${name}: gone, but stores of release ${release} have it; put it back`);

if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 1;
} else if (!isCheck) {
  const release = await packageVersion();
  const fresh = series.flat().filter(({ name }) => !(name in released));
  for (const { name, hash } of fresh) released[name] = { hash, release };
  await writeFile(list, `${JSON.stringify(released, null, 2)}\n`);
  process.stdout.write(`${fresh.length} files frozen with release ${release}\n`);
}
