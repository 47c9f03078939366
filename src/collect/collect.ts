import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { HeaderFinder } from '../ingest/table.js';
import type { InputsConfig } from '../model/inputs-config.js';
import type { Journal } from '../model/live.js';
import { parseListenAddress } from '../model/network-address.js';
import type { Source } from '../model/source.js';
import { Checkpoints } from './checkpoints.js';
import { HostInput } from './host.js';
import { type InputStatus, Intake } from './intake.js';
import { KafkaInput, type KafkaSurroundings } from './kafka.js';
import { StandardInput } from './standard-input.js';
import { SyslogTcp } from './syslog-tcp.js';
import { SyslogUdp } from './syslog-udp.js';
import { Tail } from './tail.js';

export interface CollectOptions {
  /** Where checkpoints and the logs of sensors lie; kept over restarts. */
  stateFolder: string;
  /** What relative paths of the configuration start from. */
  configFolder: string;
  /** All sources, own ones too: they know the headers of logs, and the names that may be given. */
  sources: Source[];
  standardInput?: Readable;
  /** Needed where topics are to be read. */
  kafka?: KafkaSurroundings;
}

export interface Inputs {
  /** One for each input that is configured, in the order of the configuration. */
  status(): InputStatus[];
  /** Ends them all; what they hand over until then is in the journal when it returns. The journal is closed after this. */
  stop(): Promise<void>;
}

/** What the configuration asks for cannot be. */
export class InputsError extends Error {
  override name = 'InputsError';
}

interface Input {
  start(): void | Promise<void>;
  status(): InputStatus;
  stop(): Promise<void>;
}

/**
 * Starts every input that is configured. One that cannot run says so in its status and does not keep the others from running.
 *
 * @throws InputsError for a source that does not exist; Error for checkpoints that cannot be read
 */
export async function startInputs(
  config: InputsConfig,
  journal: Journal,
  options: CollectOptions,
): Promise<Inputs> {
  for (const { path, source } of config.tail) refuseUnknown(`inputs.tail: ${path}`, source, options.sources);
  for (const { topic, source } of config.kafka.flatMap(({ topics }) => topics))
    refuseUnknown(`inputs.kafka: ${topic}`, source, options.sources);
  const inputs = await plan(config, journal, options);
  await Promise.all(inputs.map((input) => input.start()));
  return {
    status: () => inputs.map((input) => input.status()),
    async stop() {
      await Promise.all(inputs.map((input) => input.stop()));
    },
  };
}

function refuseUnknown(where: string, source: string | null, sources: Source[]): void {
  if (source === null || sources.some(({ id }) => id === source)) return;
  throw new InputsError(
    `${where}: there is no source "${source}"; \`stowaway sources list\` names them, or leave it out`,
  );
}

async function plan(config: InputsConfig, journal: Journal, options: CollectOptions): Promise<Input[]> {
  const { stateFolder, configFolder, sources, standardInput = process.stdin } = options;
  const finder = new HeaderFinder(sources);
  const { host, tail, syslog, kafka, stdin } = config;
  const inputs: Input[] = [];
  if (host.enabled) {
    const { accounting, engine_socket: engineSocket } = host;
    const folder = join(stateFolder, 'host');
    const intake = new Intake(journal, 'this host', 'host');
    inputs.push(new HostInput(intake, { folder, finder, accounting, ...(engineSocket && { engineSocket }) }));
  }
  const checkpoints = await Checkpoints.open(join(stateFolder, 'tail.json'));
  for (const { path, source } of tail) {
    const intake = new Intake(journal, path, 'tail', source === null ? [] : [source]);
    inputs.push(new Tail(intake, { path: resolve(configFolder, path), source, checkpoints, finder }));
  }
  const listen = { udp: SyslogUdp, tcp: SyslogTcp };
  for (const protocol of ['udp', 'tcp'] as const) {
    const address = syslog[protocol];
    if (address === undefined) continue;
    const intake = new Intake(journal, `${protocol} ${address}`, 'syslog');
    inputs.push(new listen[protocol](intake, parseListenAddress(address)!));
  }
  for (const entry of kafka) {
    if (!options.kafka) throw new Error('topics can only be read where it is said how brokers are looked up');
    const name = `${entry.group} at ${entry.brokers.join(', ')}`;
    inputs.push(
      new KafkaInput(new Intake(journal, name, 'kafka', sourcesOf(entry.topics)), entry, options.kafka),
    );
  }
  if (stdin)
    inputs.push(new StandardInput(new Intake(journal, 'standard input', 'stdin'), standardInput, finder));
  return inputs;
}

/** None where a topic may hold anything. */
function sourcesOf(topics: readonly { source: string | null }[]): string[] {
  const sources = topics.map(({ source }) => source).filter((source) => source !== null);
  return sources.length === topics.length ? sources : [];
}
