// Appends numbered lines to a journal until it is killed, and says on its standard output which ones were acknowledged.
import { writeSync } from 'node:fs';
import { openJournal } from '../../../dist/collect/journal.js';

const [folder, name] = process.argv.slice(2);
const journal = await openJournal(folder, { maxBytes: 1e9 });
setInterval(() => void journal.take(), 7);
for (const input of ['a', 'b', 'c']) void run(input);

async function run(input) {
  for (let n = 0; ; n += 1) {
    const line = `${name} ${input} ${n} ${'x'.repeat(n % 5000)}`;
    await journal.append(input, Buffer.from(line));
    writeSync(1, `${line}\n`);
  }
}
