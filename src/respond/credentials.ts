import type { ObservedContainer } from './inspect.js';

const SECRET_NAME = /pass|pwd|secret|token|key|cred|auth|session|cookie|dsn|conn/i;
const ENGINE_SOCKET = /\/(?:docker|podman|containerd|crio)\.sock$/;

/**
 * What the container could read and somebody has to make worthless, one line each: names and places, never values. An engine
 * gives no credential that it could take back, so all of this is for people to do.
 */
export function credentialChecklist({ env_names, mounts }: ObservedContainer): string[] {
  const secrets = env_names.filter((name) => SECRET_NAME.test(name));
  const others = env_names.length - secrets.length;
  const sockets = mounts.filter(({ source }) => ENGINE_SOCKET.test(source));
  return [
    'cannot be revoked here: the engine issues no credentials, and what was read stays known; rotate each where it was issued',
    'cannot be revoked here: registry logins are the client’s (config.json, auth.json of whoever pulled or pushed): rotate them at the registry if one of the mounts below holds such a file',
    ...sockets.map(
      ({ source }) =>
        `engine socket ${source} is mounted: whoever held the container held this host and every container on it; socket access has no key to revoke, remove the mount and rotate what all of them hold`,
    ),
    ...secrets.map((name) => `rotate what stands in environment variable ${name}`),
    `look at ${others} environment variables whose names do not say so (names in inspect.json)`,
    ...mounts
      .filter((mount) => !sockets.includes(mount))
      .map(
        ({ type, source, destination }) =>
          `look through ${type || 'mount'} ${source} (in the container ${destination}) for keys, tokens and passwords, and rotate them`,
      ),
    'rotate what the files of the image itself hold, if the image was made with secrets in it',
  ];
}
