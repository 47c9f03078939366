import { type Command, Option } from 'commander';
import { packageVersion } from '../model/paths.js';
import { forTerminal } from '../output/escape.js';
import { EXIT, ExitError } from './exit.js';
import { configOf } from './serve.js';

/** `notify`: tries what people are told by. */
export function addNotifyCommands(program: Command): void {
  program
    .command('notify')
    .description('the channels by which people are told')
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
