import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ConfigSchema } from '../src/model/config.js';
import { deploy, isHere, read, tool } from './deploy-tools.js';

/** What is under deploy/ for systemd and compose, read by the tools it is for. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-deploy-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('compose', () => {
  const compose = tool('docker compose', () =>
    spawnSync('docker', ['compose', 'version']).status === 0 ? 'docker' : isHere('docker-compose'),
  );

  test.skipIf(!compose)('takes the file', () => {
    const words = compose === 'docker' ? ['compose'] : [];
    const { status, stdout, stderr } = spawnSync(
      compose!,
      [...words, '-f', deploy('compose', 'compose.yaml'), 'config'],
      {
        encoding: 'utf8',
      },
    );
    expect(status, stderr).toBe(0);
    expect(Object.keys((parse(stdout) as { services: object }).services).sort()).toEqual([
      'clickhouse',
      'stowaway',
    ]);
  });

  interface Service {
    ports?: string[];
    secrets: (string | { source: string })[];
    volumes: string[];
    networks: string[];
    environment: Record<string, string>;
    [key: string]: unknown;
  }
  const file = parse(read('compose', 'compose.yaml')) as {
    services: Record<string, Service>;
    networks: Record<string, { internal?: boolean } | null>;
    secrets: Record<string, { file: string }>;
  };

  test('the server is held to what it needs; only the loopback address is published', () => {
    const { stowaway, clickhouse } = file.services as Record<'stowaway' | 'clickhouse', Service>;
    expect(stowaway).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect(stowaway.ports).toEqual(['127.0.0.1:8470:8470']);
    expect(clickhouse.ports).toBeUndefined();
    expect(file.networks[clickhouse.networks[0]!]?.internal).toBe(true);
    for (const { environment, secrets } of Object.values(file.services)) {
      expect(JSON.stringify(environment)).not.toMatch(/password|PASSWORD/);
      for (const secret of secrets)
        expect(file.secrets).toHaveProperty([typeof secret === 'string' ? secret : secret.source]);
    }
  });

  test('what is mounted is there, and the configuration is one', () => {
    const mounted = Object.values(file.services)
      .flatMap(({ volumes }) => volumes)
      .filter((one) => one.startsWith('.'));
    expect(mounted.length).toBeGreaterThan(1);
    for (const one of mounted) expect(existsSync(deploy('compose', one.split(':')[0]!)), one).toBe(true);
    const { serve } = ConfigSchema.parse(parse(read('compose', 'stowaway.yaml')));
    expect(serve).toMatchObject({ listen: '0.0.0.0:8470', insecure: true });
  });
});

describe('systemd', () => {
  const analyze = tool('systemd-analyze', () => isHere('systemd-analyze'));
  const units = readdirSync(deploy('systemd'));

  let machine: string;
  beforeAll(() => {
    machine = join(folder, 'machine');
    for (const path of ['etc/systemd/system', 'usr/local/bin', 'usr/lib/systemd'])
      mkdirSync(join(machine, path), { recursive: true });
    writeFileSync(join(machine, 'usr', 'local', 'bin', 'stowaway'), '#!/bin/sh\n', { mode: 0o755 });
    // The targets that every service hangs on.
    if (analyze)
      cpSync('/usr/lib/systemd/system', join(machine, 'usr', 'lib', 'systemd', 'system'), {
        recursive: true,
        verbatimSymlinks: true,
      });
    cpSync(deploy('systemd'), join(machine, 'etc', 'systemd', 'system'), { recursive: true });
  });

  test.skipIf(!analyze).each(units)('%s has no word that systemd does not know', (unit) => {
    const verify = () =>
      spawnSync('systemd-analyze', ['verify', '--man=no', `--root=${machine}`, unit], { encoding: 'utf8' });
    expect(verify()).toMatchObject({ status: 0, stderr: '' });
    // It would have told.
    const place = join(machine, 'etc', 'systemd', 'system', unit);
    writeFileSync(place, read('systemd', unit).replace('ProtectSystem=', 'ProtectSystems='));
    expect(verify().stderr).toMatch(/Unknown key.* 'ProtectSystems'/);
    writeFileSync(place, read('systemd', unit));
  });

  const stated = (unit: string, key: string): string[] =>
    read('systemd', unit)
      .split('\n')
      .filter((line) => line.startsWith(`${key}=`))
      .map((line) => line.slice(key.length + 1));
  const ledgerOf = (unit: string): string =>
    stated(unit, 'Environment')
      .find((one) => one.startsWith('STOWAWAY_STATE='))!
      .slice('STOWAWAY_STATE='.length);

  test.each(units)('%s writes nowhere but where it may: state and ledger', (unit) => {
    const writable = stated(unit, 'StateDirectory')
      .flatMap((names) => names.split(' '))
      .map((name) => `/var/lib/${name}`);
    expect(stated(unit, 'ProtectSystem')).toEqual(['strict']);
    for (const place of stated(unit, 'Environment').map((one) => one.split('=')[1]!))
      expect(
        writable.some((folder) => place === folder || place.startsWith(`${folder}/`)),
        place,
      ).toBe(true);
    expect(ledgerOf(unit)).toBeDefined();
  });

  test('what is planned on a host is what ends in time: one ledger, one account', () => {
    const [host, respond] = ['stowaway-host.service', 'stowaway-respond.service'] as const;
    expect(ledgerOf(host)).toBe(ledgerOf(respond));
    expect([...stated(host, 'User'), ...stated(respond, 'User')]).toEqual([]);
    // An account without rights writes nothing by which root acts.
    expect(stated('stowaway.service', 'User')).toEqual(['stowaway']);
    expect(ledgerOf('stowaway.service')).not.toBe(ledgerOf(respond));
  });

  test.skipIf(!analyze)('the server without sensors is exposed as little as systemd can tell', () => {
    const { stdout } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', '--no-pager', deploy('systemd', 'stowaway.service')],
      { encoding: 'utf8' },
    );
    expect(Number(/exposure level for stowaway.service: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThan(2);
  });
});
