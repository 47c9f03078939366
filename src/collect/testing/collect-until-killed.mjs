// Tails a folder into a journal until it is killed. What waits in the journal is left to who reads it afterwards.
import { join } from 'node:path';
import { startInputs } from '../../../dist/collect/collect.js';
import { openJournal } from '../../../dist/collect/journal.js';

const [folder] = process.argv.slice(2);
const journal = await openJournal(join(folder, 'journal'), { maxBytes: 1e9 });
const config = {
  host: { enabled: false },
  tail: [{ path: 'logs', source: null }],
  syslog: {},
  kafka: [],
  stdin: false,
};
await startInputs(config, journal, { stateFolder: join(folder, 'state'), configFolder: folder, sources: [] });
setInterval(() => void journal.take(), 11);
process.stdout.write('started\n');
