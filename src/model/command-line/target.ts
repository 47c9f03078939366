import type { Protocol } from './transfer-tools.js';

export interface Target {
  protocol?: Protocol;
  host?: string;
  port?: number;
  path?: string;
}

const SCHEMES: Record<string, Protocol> = {
  http: 'http',
  https: 'https',
  ftp: 'ftp',
  ftps: 'ftps',
  sftp: 'sftp',
  ssh: 'sftp',
  scp: 'scp',
  git: 'git',
  s3: 'object-storage',
  gs: 'object-storage',
  b2: 'object-storage',
  docker: 'registry',
  oci: 'registry',
  tcp: 'tcp',
  rsync: 'rsync',
  udp: 'udp',
  tftp: 'udp',
};

export interface TargetReading {
  /** Scheme of a target that states none; without it such a target must look like `host:path`. */
  scheme?: string;
  /** The word may go on, so that what stands last in it (host or port) is not to be trusted and is left out. */
  isPartial?: boolean;
}

/** Credentials in front of `@` are dropped. A host that is a variable is not a host. */
export function readTarget(text: string, { scheme, isPartial = false }: TargetReading = {}): Target {
  const url = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#\s]*)([^\s]*)/.exec(text);
  if (url)
    return readAuthority(url[2] ?? '', url[3] ?? '', { scheme: (url[1] ?? '').toLowerCase(), isPartial });
  if (scheme !== undefined) {
    const slash = text.search(/[/?#]/);
    const end = slash < 0 ? text.length : slash;
    return readAuthority(text.slice(0, end), text.slice(end), { scheme, isPartial });
  }
  const remote = /^(?:[^/@:]*@)?(\[[^\]]+\]|[^/:]+):(.*)$/s.exec(text);
  if (remote) return withHost({ path: remote[2] ?? '' }, remote[1] ?? '');
  return { path: text };
}

function readAuthority(
  authority: string,
  path: string,
  { scheme = '', isPartial = false }: TargetReading,
): Target {
  const target: Target = {};
  const protocol = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (protocol !== undefined) target.protocol = protocol;
  if (path !== '') target.path = path;
  if (protocol === 'object-storage') return { protocol, path: `${scheme}://${authority}${path}` };
  const bare = authority.slice(authority.lastIndexOf('@') + 1);
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?/.exec(bare);
  const isOpen = isPartial && path === '';
  if (parts?.[2] !== undefined && !isOpen) target.port = Number(parts[2]);
  return isOpen && parts?.[2] === undefined ? target : withHost(target, parts?.[1] ?? '');
}

export function withHost(target: Target, host: string): Target {
  const bare = host.replace(/^\[|\]$/g, '').slice(host.lastIndexOf('@') + 1);
  return bare === '' || /[$`*{}\s]/.test(bare) || bare.length > 253 ? target : { ...target, host: bare };
}

export function readPort(text: string | undefined): { port?: number } {
  return text !== undefined && /^\d{1,5}$/.test(text) && Number(text) < 65_536 ? { port: Number(text) } : {};
}
