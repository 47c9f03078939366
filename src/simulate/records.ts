import type { Container, Workload } from './fleet.js';
import type { Flow } from './habits.js';

const MTU_PAYLOAD = 1448;
const HEADER = 52;

/** A line of Zeek's conn.log, and where a request is known, one of http.log. */
export function zeekLines(flow: Flow, serial: number): { conn: string; http: string | null } {
  const uid = `C${serial.toString(36).padStart(11, '0')}`;
  const [sent, received] = [Math.round(flow.sent), Math.round(flow.received)];
  const packetsOut = flow.isRefused
    ? 3
    : 6 + Math.ceil(sent / MTU_PAYLOAD) + Math.ceil(received / MTU_PAYLOAD / 4);
  const packetsIn = flow.isRefused
    ? 0
    : 6 + Math.ceil(received / MTU_PAYLOAD) + Math.ceil(sent / MTU_PAYLOAD / 4);
  const tuple = {
    ts: Number(flow.at.toFixed(6)),
    uid,
    'id.orig_h': flow.from,
    'id.orig_p': 32_768 + (serial % 28_000),
    'id.resp_h': flow.to,
    'id.resp_p': flow.port,
  };
  const conn = {
    ...tuple,
    proto: 'tcp',
    ...(flow.service !== '' && { service: flow.service }),
    duration: Number(flow.seconds.toFixed(6)),
    orig_bytes: sent,
    resp_bytes: received,
    conn_state: flow.isRefused ? 'S0' : 'SF',
    orig_pkts: packetsOut,
    orig_ip_bytes: sent + HEADER * packetsOut,
    resp_pkts: packetsIn,
    resp_ip_bytes: received + HEADER * packetsIn,
  };
  const http = flow.request && {
    ...tuple,
    trans_depth: 1,
    method: flow.request.method,
    host: flow.request.host,
    uri: flow.request.path,
    version: '1.1',
    user_agent: flow.request.agent,
    request_body_len: 0,
    response_body_len: received,
    status_code: 200,
    status_msg: 'OK',
    tags: [],
  };
  return { conn: JSON.stringify(conn), http: http ? JSON.stringify(http) : null };
}

const labelsOf = ({ name }: Workload): Record<string, string> => ({
  'com.docker.compose.project': 'fleet',
  'com.docker.compose.service': name,
});

/** What the engine says when a container starts or ends. */
export function engineEvent(
  workload: Workload,
  container: Container,
  action: 'create' | 'start' | 'die',
  at: number,
): string {
  return JSON.stringify({
    status: action,
    id: container.id,
    from: workload.image,
    Type: 'container',
    Action: action,
    Actor: {
      ID: container.id,
      Attributes: {
        ...labelsOf(workload),
        image: workload.image,
        name: container.name,
        ...(action === 'die' && { exitCode: '0' }),
      },
    },
    scope: 'local',
    time: Math.floor(at),
    timeNano: Number(`${Math.floor(at * 1000)}000000`),
  });
}

const NETWORK = 'ab'.repeat(32);

/** What `docker inspect` says of a container while it runs. */
export function inspection(workload: Workload, container: Container): string {
  const started = new Date(container.from * 1000).toISOString();
  return JSON.stringify({
    Id: container.id,
    Created: started,
    Path: `/bin/${workload.kind}`,
    Args: [],
    State: {
      Status: 'running',
      Running: true,
      Pid: 4242,
      ExitCode: 0,
      StartedAt: started,
      FinishedAt: '0001-01-01T00:00:00Z',
    },
    Image: `sha256:${'5c'.repeat(32)}`,
    Name: `/${container.name}`,
    RestartCount: 0,
    HostConfig: {
      NetworkMode: 'fleet_default',
      Privileged: false,
      CapAdd: null,
      CapDrop: null,
      AutoRemove: false,
      Binds: null,
    },
    Mounts: [],
    Config: {
      Hostname: container.id.slice(0, 12),
      Image: workload.image,
      Env: ['PATH=/usr/bin:/bin'],
      Cmd: [`/bin/${workload.kind}`],
      Entrypoint: null,
      Labels: labelsOf(workload),
    },
    NetworkSettings: {
      IPAddress: '',
      Networks: {
        fleet_default: {
          IPAddress: container.address,
          IPPrefixLen: 16,
          Gateway: '10.20.0.1',
          GlobalIPv6Address: '',
          NetworkID: NETWORK,
        },
      },
    },
  });
}

export const STATED = `# What the operator of the simulated fleet would state.
container_cidrs: [10.20.0.0/16]
sanctioned:
  - { destination: 203.0.113.20, workload: fleet/database-*, reason: nightly backup of the databases, owner: platform team }
  - { destination: 203.0.113.40, workload: fleet/ci-*, reason: the build jobs push the fleet's own images, owner: platform team }
  - { destination: 203.0.113.60, workload: fleet/feed-*, reason: hourly delivery to the contracted partner, owner: data team }
`;
