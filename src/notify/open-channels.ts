import type { ChannelConfig } from '../model/notify-config.js';
import { resolveAll } from '../remote/lookups.js';
import type { Channel, NamedChannel } from './channel.js';
import { openAlertmanager } from './channels/alertmanager.js';
import { openEmail } from './channels/email.js';
import { openExport } from './channels/export.js';
import { openFalcosidekick } from './channels/falcosidekick.js';
import { openFile } from './channels/file.js';
import { openKafkaTopic } from './channels/kafka.js';
import { openPagerDuty } from './channels/pagerduty.js';
import { openSlack } from './channels/slack.js';
import { openSyslog } from './channels/syslog.js';
import { openTeams } from './channels/teams.js';
import { openWebhook } from './channels/webhook.js';
import type { Surroundings } from './surroundings.js';

/** The channels of stowaway.yaml. Nothing is read or connected before the first message. */
export function openChannels(
  configs: readonly ChannelConfig[],
  given: Pick<Surroundings, 'environment' | 'version'> & Partial<Surroundings>,
): NamedChannel[] {
  const surroundings: Surroundings = { resolve: resolveAll, now: Date.now, timeoutMs: 10_000, ...given };
  return configs.map((config) => ({ config, channel: openChannel(config, surroundings) }));
}

function openChannel(config: ChannelConfig, surroundings: Surroundings): Channel {
  switch (config.type) {
    case 'webhook':
      return openWebhook(config, surroundings);
    case 'slack':
      return openSlack(config, surroundings);
    case 'teams':
      return openTeams(config, surroundings);
    case 'pagerduty':
      return openPagerDuty(config, surroundings);
    case 'alertmanager':
      return openAlertmanager(config, surroundings);
    case 'falcosidekick':
      return openFalcosidekick(config, surroundings);
    case 'syslog':
      return openSyslog(config, surroundings);
    case 'email':
      return openEmail(config, surroundings);
    case 'file':
      return openFile(config, surroundings);
    case 'export':
      return openExport(config, surroundings);
    case 'kafka':
      return openKafkaTopic(config, surroundings);
  }
}
