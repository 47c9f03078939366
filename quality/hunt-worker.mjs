// One hunt after another; the parent sends jobs and gets back what is judged: findings with their terms, states and problems.
import { Hunts } from '../dist/pipeline.js';

const hunts = new Hunts();

process.on('message', async ({ paths, options }) => {
  try {
    const { report, problems } = await hunts.huntScenario(paths, options);
    process.send({ result: { report, problems } });
  } catch (cause) {
    process.send({ error: cause instanceof Error ? cause.message : String(cause) });
  }
});
process.on('disconnect', () => process.exit(0));
