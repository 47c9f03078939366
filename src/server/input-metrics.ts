import type { InputStatus } from '../collect/intake.js';
import type { AddRead, Series } from './metrics.js';

/** One series for each input, and for each partition it reads; names are the configuration's and the brokers'. */
export function addInputs(add: AddRead, inputs: () => InputStatus[]): void {
  const each = (read: (status: InputStatus) => number) => (): Series[] =>
    inputs().map((status) => [{ input: status.name, kind: status.kind }, read(status)]);
  const labelNames = ['input', 'kind'];
  add({
    name: 'input_running',
    help: '1 while it takes lines; 0 while it waits, or cannot.',
    labelNames,
    values: each(({ state }) => Number(state === 'running')),
  });
  add({
    name: 'input_lines_total',
    help: 'Lines taken from it.',
    labelNames,
    values: each(({ lines }) => lines),
  });
  add({
    name: 'input_delayed_seconds_total',
    help: 'How long the journal kept it waiting.',
    labelNames,
    values: each(({ delayedSeconds }) => delayedSeconds),
  });
  add({
    name: 'input_losses_total',
    help: 'What is known to be lost.',
    labelNames: [...labelNames, 'loss'],
    values: () =>
      inputs().flatMap(({ name, kind, losses }) =>
        Object.entries(losses).map(([loss, count]): Series => [{ input: name, kind, loss }, count]),
      ),
  });
  add({
    name: 'kafka_lag_messages',
    help: 'Messages of a partition that are not on disk here, as the brokers said last.',
    labelNames: ['input', 'topic', 'partition'],
    values: () =>
      inputs().flatMap(({ name, partitions = [] }) =>
        partitions
          .filter(({ lag }) => lag !== null)
          .map(
            ({ topic, partition, lag }): Series => [
              { input: name, topic, partition: String(partition) },
              lag!,
            ],
          ),
      ),
  });
}
