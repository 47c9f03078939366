// Written inputs of T1567.001 that go over SSH, where the server says what it runs; scripts/make-scenarios.mjs gives the tools.
const CODE = 'T1567.001-exfiltration-to-code-repository';
const HOUR = 3600;
const KB = 1000;
const MB = 1_000_000;

const GITLAB = 'SSH-2.0-GitLab-SSHD';
const OPENSSH = 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3';

export function makeSshScenarios(tools) {
  /** Connections by SSH, and what their servers say they run. */
  function write(scenario, server, transfers) {
    const draw = tools.drawing(scenario);
    const connections = transfers.map((transfer) =>
      tools.conn(draw, { port: 22, service: 'ssh', ...transfer }),
    );
    tools.writeLines(CODE, scenario, 'conn.log', connections);
    tools.writeLines(
      CODE,
      scenario,
      'ssh.log',
      connections.map((connection) => ({
        ts: Number((connection.ts + 0.02).toFixed(6)),
        uid: connection.uid,
        ...Object.fromEntries(
          ['id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p'].map((key) => [key, connection[key]]),
        ),
        ...{ version: 2, auth_success: true, auth_attempts: 2 },
        ...{ client: OPENSSH, server, cipher_alg: 'chacha20-poly1305@openssh.com' },
      })),
    );
  }

  const at = tools.DAY_0 + HOUR;
  const push = { from: '10.20.0.120', to: '203.0.113.150', at };
  write('fires-on-a-push-by-ssh-to-an-unlisted-code-host', GITLAB, [
    { ...push, sent: 6 * MB, received: 30 * KB, seconds: 4 },
  ]);
  const client = { from: '10.20.0.121', to: '203.0.113.151' };
  write('quiet-clone-by-ssh-from-an-unlisted-code-host', GITLAB, [
    { ...client, at, sent: 900 * KB, received: 60 * MB, seconds: 30 },
    { ...client, at: at + 2 * HOUR, sent: 200 * KB, received: 12 * KB, seconds: 2 },
  ]);
  write('misses-a-push-by-ssh-to-a-code-host-that-does-not-say-so', OPENSSH, [
    { ...push, from: '10.20.0.122', to: '203.0.113.152', sent: 600 * KB, received: 30 * KB, seconds: 2 },
  ]);
}
