import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { markOf } from '../../host/process-mark.js';
import type { Service } from '../../model/emulation.js';
import { contentFolder } from '../../model/paths.js';
import { gitOverHttp, gitOverSshCommand, imageRegistry } from './code-services.js';
import { run, runInside, startInside, until } from './commands.js';
import type { Lab } from './lab.js';

/** Where sinks say what reached them, and when. */
export const SINK_LOG = 'sink.ndjson';

/** What FTP and SFTP servers have to offer: a file as large as the one attacks send. */
const SAMPLE = 'package';
const SAMPLE_BYTES = 4_194_304;

/** Starts a destination and waits until its port is open. */
export async function serve(lab: Lab, netns: string, service: Service): Promise<void> {
  const [program, args] = await commandOf(lab, service);
  const child = startInside(netns, program, args, { stdio: 'ignore' });
  child.unref();
  const mark = markOf(child.pid!);
  if (mark) await lab.ledger.addProcess(mark);
  const protocol = service.kind === 'udp' || service.kind === 'dns' ? '-uln' : '-tln';
  await until(`${service.kind} on ${service.address}:${service.port} does not listen`, async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
    const open = await runInside(netns, 'ss', ['-H', protocol, 'sport', '=', `:${service.port}`]);
    return open.includes(`${service.address}:`) || null;
  });
}

async function commandOf(lab: Lab, service: Service): Promise<[string, string[]]> {
  if (service.kind === 'ftp' || service.kind === 'ftps')
    return ['vsftpd', [await configureFtp(lab, service)]];
  if (service.kind === 'sftp' || service.kind === 'git-ssh')
    return ['/usr/sbin/sshd', ['-D', '-e', '-f', await configureSsh(lab, service)]];
  if (service.kind === 'git-http') return gitOverHttp(lab, service, lab.path(SINK_LOG));
  if (service.kind === 'registry') return imageRegistry(lab, service);
  const script = join(contentFolder('lab'), 'services', 'sink.mjs');
  const certificate = service.kind === 'https' ? await makeCertificate(lab) : [];
  const log = lab.path(SINK_LOG);
  return [
    process.execPath,
    [script, service.kind, service.address, String(service.port), log, ...certificate],
  ];
}

let certificates = new Map<string, Promise<[string, string]>>();

/** Key and certificate of a lab, for all its names; nobody trusts it. */
function makeCertificate(lab: Lab): Promise<[string, string]> {
  const [key, certificate] = [lab.path('key.pem'), lab.path('certificate.pem')];
  const made =
    certificates.get(lab.id) ??
    run('openssl', [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=stowaway lab', '-keyout', key, '-out', certificate],
    ]).then((): [string, string] => [key, certificate]);
  certificates = new Map([[lab.id, made]]);
  return made;
}

async function configureFtp(lab: Lab, { kind, address, port }: Service): Promise<string> {
  const home = lab.path('ftp');
  await mkdir(join(home, 'upload'), { recursive: true });
  await mkdir(lab.path('empty'), { recursive: true });
  await chmod(lab.ledger.folder, 0o711);
  await chmod(join(home, 'upload'), 0o777);
  await writeFile(join(home, SAMPLE), randomBytes(SAMPLE_BYTES), { mode: 0o644 });
  const [key, certificate] = kind === 'ftps' ? await makeCertificate(lab) : ['', ''];
  const file = lab.path(`${kind}.conf`);
  const settings = {
    listen: 'YES',
    listen_address: address,
    listen_port: port,
    background: 'NO',
    anonymous_enable: 'YES',
    anon_upload_enable: 'YES',
    anon_mkdir_write_enable: 'YES',
    anon_root: home,
    write_enable: 'YES',
    no_anon_password: 'YES',
    pasv_address: address,
    pasv_min_port: 40_000,
    pasv_max_port: 40_100,
    secure_chroot_dir: lab.path('empty'),
    seccomp_sandbox: 'NO',
    xferlog_enable: 'YES',
    log_ftp_protocol: 'YES',
    vsftpd_log_file: lab.path(`${kind}.log`),
    ...(kind === 'ftps' && {
      ssl_enable: 'YES',
      allow_anon_ssl: 'YES',
      force_anon_data_ssl: 'YES',
      force_anon_logins_ssl: 'YES',
      require_ssl_reuse: 'NO',
      implicit_ssl: port === 990 ? 'YES' : 'NO',
      rsa_cert_file: certificate,
      rsa_private_key_file: key,
    }),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}

/**
 * Keys of both sides are made for the run; containers find theirs in /keys. The server is root on this machine but for
 * its network, so a login gets the one folder or the one repository: no forwarding (a socket of the host would be a
 * way out), no terminal, no file outside.
 */
export async function configureSsh(
  lab: Pick<Lab, 'path'>,
  { kind, address, port }: Service,
): Promise<string> {
  await mkdir(lab.path('keys'), { recursive: true });
  const [hostKey, userKey] = [lab.path('ssh-host-key'), lab.path('keys/id')];
  for (const key of [hostKey, userKey]) await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const file = lab.path('sshd.conf');
  const settings = [
    `ListenAddress ${address}`,
    `Port ${port}`,
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${userKey}.pub`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'DisableForwarding yes',
    'PermitTTY no',
    'PermitUserRC no',
    ...(kind === 'sftp'
      ? [`ChrootDirectory ${lab.path('sftp')}`, 'Subsystem sftp internal-sftp', 'ForceCommand internal-sftp']
      : [`ForceCommand ${await gitOverSshCommand(lab)}`]),
  ];
  await mkdir(lab.path('sftp'), { recursive: true, mode: 0o755 });
  await writeFile(lab.path(`sftp/${SAMPLE}`), randomBytes(SAMPLE_BYTES));
  await writeFile(file, `${settings.join('\n')}\n`, { mode: 0o600 });
  return file;
}
