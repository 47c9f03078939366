import { type Command, InvalidArgumentError, Option } from 'commander';
import { ENGINE_SOCKETS, Engine, findEngineSocket } from '../engine/engine.js';
import { removeAuditRules } from '../sense/audit-sensor.js';
import { removeFirewallTable } from '../sense/firewall-sensor.js';
import { restoreAbandoned } from '../sense/kernel-settings.js';
import { SenseError, type SensorStatus, type Sensors, startSensors } from '../sense/sense.js';
import { columns } from './columns.js';
import { EXIT, ExitError } from './exit.js';

interface SenseFlags {
  engine?: string;
  netns?: string;
  accounting?: boolean;
  activity: boolean;
  audit?: boolean;
  firewall?: boolean;
  pollSeconds: number;
  duration?: number;
  restore?: boolean;
  quiet?: boolean;
}

const flag = (definition: string, description: string, variable: string): Option =>
  new Option(definition, description).env(`STOWAWAY_${variable}`);

export function addSenseCommand(program: Command): void {
  program
    .command('sense')
    .description('watch this Docker or Podman host and write logs that `stowaway hunt` reads, until Ctrl-C')
    .argument('[folder]', 'where the logs go; made for its owner alone')
    .addOption(
      flag(
        '--engine <socket>',
        `socket of the engine (default: ${ENGINE_SOCKETS.join(' or ')})`,
        'ENGINE_SOCKET',
      ),
    )
    .addOption(flag('--netns <name>', 'watch the network of this namespace under /run/netns', 'SENSE_NETNS'))
    .addOption(
      flag(
        '--accounting',
        'switch on the kernel’s byte counters of connections; put back at the end',
        'SENSE_ACCOUNTING',
      ),
    )
    .addOption(new Option('--no-activity', 'do not watch commands and files'))
    .addOption(
      flag(
        '--audit',
        'watch commands and files by the kernel’s audit, also where bpftrace can',
        'SENSE_AUDIT',
      ),
    )
    .addOption(flag('--firewall', 'log new forwarded connections with a table of our own', 'SENSE_FIREWALL'))
    .addOption(
      flag('--poll-seconds <n>', 'seconds between two readings of the connection table', 'SENSE_POLL')
        .argParser(positive)
        .default(1),
    )
    .addOption(
      flag('--duration <seconds>', 'end by itself after so long', 'SENSE_DURATION').argParser(positive),
    )
    .addOption(new Option('--restore', 'only put back what a sensor that crashed has left changed'))
    .addOption(flag('-q, --quiet', 'no status on stderr', 'QUIET'))
    .action(async (folder: string | undefined, flags: SenseFlags) =>
      flags.restore ? restore(flags) : sense(folder, flags),
    );
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1e9)) throw new InvalidArgumentError('write a number of seconds above 0');
  return value;
}

async function sense(folder: string | undefined, flags: SenseFlags): Promise<void> {
  if (folder === undefined) throw new ExitError(EXIT.error, 'name the folder the logs go to');
  const socket = flags.engine ?? findEngineSocket();
  const told = untilTold(flags.duration);
  let sensors: Sensors;
  try {
    sensors = await startSensors({
      folder,
      engine: new Engine(socket.replace(/^unix:\/\//, '')),
      ...(flags.netns !== undefined && { netns: flags.netns }),
      accounting: flags.accounting ?? false,
      activity: flags.activity && (flags.audit ? 'audit' : 'best'),
      firewall: flags.firewall ?? false,
      pollSeconds: flags.pollSeconds,
    });
  } catch (error) {
    if (error instanceof SenseError) throw new ExitError(EXIT.error, error.message);
    throw error;
  }
  try {
    report(sensors.status(), flags);
    if (sensors.status().every((sensor) => sensor.state === 'off'))
      throw new ExitError(EXIT.error, 'no sensor could run');
    await told;
  } finally {
    await sensors.stop();
  }
  report(sensors.status(), flags);
}

/** Settles on the first signal or after so many seconds. The second signal changes nothing: stopping takes its time. */
function untilTold(seconds: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    if (seconds !== undefined) setTimeout(resolve, seconds * 1000);
  });
}

function report(sensors: SensorStatus[], flags: SenseFlags): void {
  if (flags.quiet) return;
  const rows = sensors.map(({ name, state, reason }) => [name, state, reason]);
  process.stderr.write(columns(['SENSOR', 'STATE', 'WHY'], rows));
}

async function restore(flags: SenseFlags): Promise<void> {
  const restored = await restoreAbandoned();
  if (await removeFirewallTable(flags.netns ?? null)) restored.push('firewall table removed');
  if (await removeAuditRules()) restored.push('audit rules removed');
  process.stdout.write(restored.length === 0 ? 'nothing to put back\n' : `${restored.join('\n')}\n`);
}
