import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What Docker leaves a container, but for making device nodes: no list of allowed devices guards them here. */
const CAPABILITIES =
  'chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw sys_chroot audit_write setfcap';

/** The setting up runs outside; this exit code says that it failed. */
export const NOT_SET_UP = 125;

/**
 * Arguments: root, image, scratch folder, hosts file, name, then places (outside, inside, how) up to "--", then the command.
 * The old root is gone before the command runs. Where overlays cannot be stacked, the image is copied.
 */
const SET_UP = `
set -e
trap 'exit ${NOT_SET_UP}' EXIT
root=$1 image=$2 scratch=$3 hosts=$4 name=$5
shift 5
hostname "$name"
mount -t overlay overlay -o "lowerdir=$image,upperdir=$scratch/upper,workdir=$scratch/work" "$root" 2>/dev/null ||
  { cp -a "$image/." "$root/"; mount --bind "$root" "$root"; }
mount -t proc proc "$root/proc"
for path in sys sysrq-trigger; do
  [ -e "$root/proc/$path" ] || continue
  mount --bind "$root/proc/$path" "$root/proc/$path"
  mount -o remount,bind,ro "$root/proc/$path"
done
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/\${number%:*}" "$root/dev/\${number#*:}"; done
mkdir "$root/dev/shm"
: > "$root/etc/hosts"
mount --bind "$hosts" "$root/etc/hosts"
while [ "$1" != -- ]; do
  mkdir -p "$root$2"
  mount --bind "$1" "$root$2"
  [ "$3" != ro ] || mount -o remount,bind,ro "$root$2"
  shift 3
done
shift
cd "$root"
mkdir .outside
pivot_root . .outside
/bin/busybox umount -l /.outside
/bin/busybox rmdir /.outside
cd /
trap - EXIT
exec "$@"
`;

/** Joins the control group last of all, so that only the command itself is seen to be the container's. */
const JOIN = ['/bin/busybox', 'sh', '-c', 'echo 0 >&3; exec 3>&-; exec "$@"', 'sh'];

/** The command as the container may run it. */
export function confined(argv: string[], capabilities: string[]): string[] {
  const allowed = [...CAPABILITIES.split(' '), ...capabilities.map((name) => name.toLowerCase())];
  const bounds = ['-all', ...allowed.map((name) => `+${name}`)].join(',');
  return ['/usr/bin/setpriv', '--bounding-set', bounds, '--inh-caps', '-all', '--', ...JOIN, ...argv];
}

export interface RootOptions {
  /** Folder of the container, for its own files. */
  folder: string;
  /** Folder that holds the image's files. */
  image: string;
  hosts: string;
  name: string;
  /** "/outside:/inside" or "/outside:/inside:ro". */
  binds: string[];
}

/** The command in a root of its own, for a process that is alone in its mount and process namespaces. */
export async function inOwnRoot(options: RootOptions, argv: string[]): Promise<string[]> {
  const { folder, image, hosts, name, binds } = options;
  const root = join(folder, 'root');
  for (const each of ['root', 'upper', 'work']) await mkdir(join(folder, each), { recursive: true });
  const places = binds.flatMap((bind) => {
    const [outside = '', inside = '', how = 'rw'] = bind.split(':');
    return [outside, inside, how];
  });
  return ['sh', '-c', SET_UP, 'sh', root, image, folder, hosts, name, ...places, '--', ...argv];
}
