import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface CertificateFiles {
  certFile: string;
  keyFile: string;
}

/** Makes a certificate for a name such as `DNS:stowaway.example` or `IP:127.0.0.1`, signed by itself or by another one. */
export function makeCertificate(folder: string, name: string, issuer?: CertificateFiles): CertificateFiles {
  const file = name.replace(/[^a-z0-9]/gi, '-');
  const made = { certFile: join(folder, `${file}.cert.pem`), keyFile: join(folder, `${file}.key.pem`) };
  execFileSync(
    'openssl',
    [
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
      ...['-subj', '/CN=localhost', '-addext', `subjectAltName=${name}`],
      ...(issuer ? ['-CA', issuer.certFile, '-CAkey', issuer.keyFile] : []),
      ...['-keyout', made.keyFile, '-out', made.certFile],
    ],
    { stdio: 'ignore' },
  );
  return made;
}
