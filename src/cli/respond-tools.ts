import { type Command, Option } from 'commander';
import { describeSweep } from '../respond/describe.js';
import { egressPolicy } from '../respond/egress-policy.js';
import { findingByUid, readFindings } from '../respond/finding.js';
import { bridgesOf } from '../respond/observe.js';
import { type Driver, permissionTable } from '../respond/permissions.js';
import { sweep } from '../respond/sweep.js';
import { EXIT, ExitError } from './exit.js';
import { type EngineFlags, open, print, told, withEngine, withFindings } from './respond-common.js';

export function addRbac(respond: Command): void {
  respond
    .command('rbac')
    .description('print the permissions each action needs')
    .addOption(
      new Option('--driver <driver>', 'where containers run')
        .choices(['docker', 'podman', 'kubernetes'])
        .default('docker'),
    )
    .addOption(
      new Option('-f, --format <format>', 'what stdout gets').choices(['table', 'json']).default('table'),
    )
    .action((flags: { driver: Driver; format: 'table' | 'json' }) => {
      const actions = permissionTable(flags.driver);
      print(flags, { version: 1, driver: flags.driver, actions }, () =>
        actions
          .map(({ action, permissions }) => `${action}\n${permissions.map((each) => `  ${each}\n`).join('')}`)
          .join('\n'),
      );
    });
}

export function addSweep(respond: Command): void {
  withFindings(respond.command('sweep'))
    .description('compare every running container with the finding; changes nothing')
    .action((uid: string, flags: EngineFlags & { findings: string }) =>
      told(async () => {
        const finding = findingByUid(await readFindings(flags.findings), uid);
        const { world, config } = await open(flags);
        const engine = world.connect(flags.socket ?? config.respond.engine_socket);
        const result = await sweep(
          finding,
          { engine, netns: flags.netns ?? config.respond.netns ?? null },
          world,
        );
        print(flags, { version: 1, ...result }, () => describeSweep(result));
      }),
    );
}

export function addEgress(respond: Command): void {
  withEngine(respond.command('egress'))
    .description('print an nft ruleset against FTP and large uploads, for review; loads nothing')
    .addOption(new Option('--mode <mode>', 'what the rules do').choices(['log', 'drop']).default('log'))
    .option('--max-upload <bytes>', 'a connection that sent more is taken for an upload', '1048576')
    .action((flags: EngineFlags & { mode: 'log' | 'drop'; maxUpload: string }) =>
      told(async () => {
        const maxUploadBytes = Number(flags.maxUpload);
        if (!Number.isSafeInteger(maxUploadBytes) || maxUploadBytes < 1)
          throw new ExitError(EXIT.error, `--max-upload ${flags.maxUpload} is no number of bytes`);
        const { world, config } = await open(flags);
        const engine = world.connect(flags.socket ?? config.respond.engine_socket);
        const bridges = await bridgesOf(engine, flags.netns ?? config.respond.netns ?? null, world);
        process.stdout.write(
          egressPolicy({ bridges, sanctioned: config.sanctioned, mode: flags.mode, maxUploadBytes }),
        );
      }),
    );
}
