/** A file that holds a credential: how the kernel tells it by name, and how its whole path tells what it is. */
interface CredentialFile {
  what: string;
  /** Exact last part of the path, or how it ends (".pem"). */
  names?: string[];
  endings?: string[];
  /** Matches the path; where missing, the name alone is enough. */
  path?: RegExp;
}

/** Files whose reading by a container's process is told. */
const CREDENTIAL_FILES: CredentialFile[] = [
  { what: 'kubernetes token', names: ['token'], path: /serviceaccount/ },
  { what: 'kubernetes configuration', names: ['kubeconfig', 'admin.conf', 'kubelet.conf'] },
  { what: 'kubernetes configuration', names: ['config'], path: /(^|\/)\.kube\/config$/ },
  { what: 'ssh key', names: ['id_rsa', 'id_dsa', 'id_ecdsa', 'id_ed25519', 'identity'] },
  { what: 'ssh host list', names: ['known_hosts', 'authorized_keys'] },
  { what: 'ssh configuration', names: ['config'], path: /(^|\/)\.ssh\/config$/ },
  { what: 'cloud credentials', names: ['credentials', 'config'], path: /(^|\/)\.aws\/(credentials|config)$/ },
  { what: 'cloud credentials', names: ['application_default_credentials.json', 'credentials.db'] },
  {
    what: 'cloud credentials',
    names: ['accessTokens.json', 'msal_token_cache.json', 'azureProfile.json'],
    path: /(^|\/)\.azure\//,
  },
  {
    what: 'registry credentials',
    names: ['config.json', '.dockercfg'],
    path: /(^|\/)(\.docker\/config\.json|\.dockercfg)$/,
  },
  { what: 'registry credentials', names: ['auth.json'], path: /containers\/.*auth\.json$/ },
  { what: 'git credentials', names: ['.git-credentials'] },
  { what: 'login', names: ['.netrc', '.pgpass', '.my.cnf', '.htpasswd'] },
  { what: 'package registry token', names: ['.npmrc', '.pypirc', '.yarnrc.yml'] },
  { what: 'password hashes', names: ['shadow', 'gshadow'], path: /(^|\/)etc\/g?shadow$/ },
  { what: 'private key', endings: ['.pem', '.key', '.ppk', '.p12', '.pfx', '.kdbx'] },
  { what: 'terraform state', endings: ['.tfstate'] },
  { what: 'environment file', names: ['.env'] },
];

/** Public certificates end in .pem, too, and every TLS client reads them. */
const PUBLIC =
  /(^|\/)(etc\/ssl\/certs|usr\/share\/ca-certificates|etc\/pki\/tls\/certs|etc\/ca-certificates)\/|(^|\/)(ca-certificates|cacert|cert|ca-bundle)\.(pem|crt)$/;

const all = (key: 'names' | 'endings'): string[] => [
  ...new Set(CREDENTIAL_FILES.flatMap((file) => file[key] ?? [])),
];
export const CREDENTIAL_NAMES = all('names');
export const CREDENTIAL_ENDINGS = all('endings');

/** What credential a path holds, or null. A path that is not whole is judged by what is there. */
export function credentialIn(path: string): string | null {
  if (PUBLIC.test(path)) return null;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const found = CREDENTIAL_FILES.find(
    (file) =>
      ((file.names?.includes(name) ?? false) ||
        (file.endings?.some((ending) => name.endsWith(ending)) ?? false)) &&
      (file.path?.test(path) ?? true),
  );
  return found?.what ?? null;
}
