import { type Command, Option } from 'commander';
import { packageVersion } from '../model/paths.js';
import type { Retried } from '../notify/outbox-state.js';
import { forTerminal } from '../output/escape.js';
import { EXIT, ExitError } from './exit.js';
import { ask, print, type ServerFlags, withServer } from './findings.js';
import { describeNotifications, describeRetried, type Notifications, notificationOf } from './notify-text.js';
import { configOf } from './serve.js';

/** `notify`: how people are told, and what a running server could not tell. */
export function addNotifyCommands(program: Command): void {
  const notify = program.command('notify').description('the channels by which people are told');
  addTest(notify);
  withServer(notify.command('list'))
    .description('how each channel of a running `stowaway serve` is, and what was given up')
    .option('--channel <name>', 'only what was given up of this one')
    .option('--limit <n>', 'given up: at most so many', '100')
    .action(async (flags: ServerFlags & { channel?: string; limit: string }) => {
      const { channel, limit } = flags;
      const query = new URLSearchParams({ limit, ...(channel !== undefined && { channel }) });
      const all = await ask<Notifications>(flags, `/notifications?${query}`);
      print(flags, all, () => describeNotifications(all, channel));
    });
  withServer(notify.command('retry').argument('<id>', 'as `notify list` names it, or the name of a channel'))
    .description('try again what was given up: one notification, or all of a channel')
    .action(async (id: string, flags: ServerFlags) => {
      const done = await ask<Retried>(flags, '/notifications/retry', notificationOf(id));
      print(flags, done, () => describeRetried(id, done));
    });
}

/** Works without a server: it sends by itself. */
function addTest(notify: Command): void {
  notify
    .command('test')
    .argument('<channel>', 'name of a channel under notify.channels')
    .description('send one message that says of itself that it is a test')
    .addOption(
      new Option('-c, --config <file>', 'stowaway.yaml (default: the one in this folder, if any)').env(
        'STOWAWAY_CONFIG',
      ),
    )
    .action(async (name: string, flags: { config?: string }) => {
      const { config } = await configOf(flags.config);
      // Loaded here, so that no other command waits for them.
      const [{ openChannels }, { sendTest }] = await Promise.all([
        import('../notify/open-channels.js'),
        import('../notify/outbox.js'),
      ]);
      const channels = openChannels(config.notify.channels, {
        environment: (variable) => process.env[variable],
        version: await packageVersion(),
      });
      const channel = channels.find((one) => one.config.name === name);
      if (!channel) {
        const names = channels.map((one) => one.config.name).join(', ') || 'none';
        throw new ExitError(
          EXIT.invalidContent,
          `there is no channel ${name} under notify.channels (${names})`,
        );
      }
      const { outcome, answer } = await sendTest(channel, new Date());
      process.stdout.write(`${forTerminal(`${name}: ${outcome}: ${answer}`)}\n`);
      if (outcome !== 'taken') throw new ExitError(EXIT.error, `${name} did not take it`);
    });
}
