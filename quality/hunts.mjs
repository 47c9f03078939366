// Runs hunts in processes of their own, two at a time: the embedded engine allows one store in a process.
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const WORKERS = Math.max(1, Math.min(2, availableParallelism()));

/** job: { paths, options } as the pipeline's Hunts take them. Answers: { result } or { error }, in the order of the jobs. */
export async function huntAll(jobs, onDone = () => {}) {
  const answers = new Array(jobs.length);
  let next = 0;
  let done = 0;
  const work = async () => {
    const child = fork(fileURLToPath(new URL('./hunt-worker.mjs', import.meta.url)));
    try {
      while (next < jobs.length) {
        const index = next++;
        answers[index] = await ask(child, jobs[index]);
        onDone(++done, jobs.length);
      }
    } finally {
      if (child.connected) child.disconnect();
    }
  };
  await Promise.all(Array.from({ length: Math.min(WORKERS, jobs.length) }, work));
  return answers;
}

const ask = (child, job) =>
  new Promise((resolve, reject) => {
    const ended = (code) =>
      reject(new Error(`a hunt ended its process with ${code}: ${job.paths.join(', ')}`));
    child.once('exit', ended);
    child.once('message', (answer) => {
      child.off('exit', ended);
      resolve(answer);
    });
    child.send(job);
  });
