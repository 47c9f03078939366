import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_START, simulate } from '../simulate/simulate.js';
import { EXIT, ExitError } from './exit.js';

const DAY = 86_400;

/** `simulate`: logs of an ordinary fleet by a stated model, for measuring false alerts and for trying things out. */
export function addSimulateCommand(program: Command): void {
  program
    .command('simulate')
    .description(
      'write the logs of an ordinary fleet of containers by a stated model, with labels (docs/simulate.md)',
    )
    .argument('<folder>', 'where to write; one folder a day below it')
    .option('--workloads <n>', 'how many workloads', wholeFrom(1, 250), 50)
    .option('--days <n>', 'how many days', wholeFrom(1, 366), 28)
    .option(
      '--seed <n>',
      'another seed, another fleet; the same seed, the same bytes',
      wholeFrom(0, 4_294_967_295),
      1,
    )
    .option('--start <date>', 'first day (YYYY-MM-DD, UTC)', dayStart, DEFAULT_START)
    .action(
      async (folder: string, flags: { workloads: number; days: number; seed: number; start: number }) => {
        try {
          const { connections, containers, workloadDays } = await simulate(flags, folder);
          process.stdout.write(
            `${connections} connections of ${containers} containers, ${workloadDays} workload-days, in ${folder}\n`,
          );
        } catch (cause) {
          if ((cause as NodeJS.ErrnoException).code === undefined) throw cause;
          throw new ExitError(EXIT.error, `cannot write to ${folder}: ${(cause as Error).message}`);
        }
      },
    );
}

const wholeFrom =
  (low: number, high: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < low || value > high)
      throw new InvalidArgumentError(`a whole number from ${low} to ${high} is wanted`);
    return value;
  };

function dayStart(text: string): number {
  const at = Date.parse(`${text}T00:00:00Z`) / 1000;
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || !Number.isFinite(at) || at % DAY !== 0)
    throw new InvalidArgumentError('a day such as 2026-11-02 is wanted');
  return at;
}
