import { CREDENTIAL_ENDINGS, CREDENTIAL_NAMES } from './credential-files.js';

/** Bytes of a text the kernel side can print at once: its stack has 512. Also BPFTRACE_STRLEN. */
export const TEXT_BYTES = 160;
/** Bytes of a command line that are told; the rest is cut, and the record says so. */
export const ARGV_BYTES = 8000;
/** Bytes after which a file that stays open is told, and nanoseconds. */
const FLUSH_BYTES = 16 * 1024 * 1024;
const FLUSH_NS = 30_000_000_000n;
/** Descriptors looked at when a process ends. */
const DESCRIPTORS = 64;

/** System calls that write, and their argument that names the descriptor. */
const WRITES: Record<string, string> = {
  write: 'fd',
  pwrite64: 'fd',
  writev: 'fd',
  pwritev: 'fd',
  pwritev2: 'fd',
  sendfile64: 'out_fd',
  copy_file_range: 'fd_out',
  splice: 'fd_out',
};

/** System calls that close; a shell ends a redirection by putting another file in its place. */
const CLOSES: Record<string, string> = { close: 'fd', dup2: 'newfd', dup3: 'newfd' };

/**
 * The bpftrace program. Tracepoints only: they need neither kprobes nor a module.
 *
 * Each record stands between `<nonce ` and `>nonce`, which nobody in a container can know, so that no argument and no file
 * name can end a record or begin one. Attacker's text is the last field, arguments are in hexadecimal. Only processes outside
 * the host's mount namespaces are told. activity-frames.ts reads what this prints.
 */
export function activityScript(nonce: string, hostMountNamespaces: number[]): string {
  const isForeign = hostMountNamespaces
    .map((number) => `curtask->nsproxy->mnt_ns->ns.inum != ${number}`)
    .join(' && ');
  const fileOf = (descriptor: string) =>
    `(struct file *)*(uint64*)(uint64)(curtask->files->fdt->fd + ${descriptor})`;
  const say = (format: string, args: string) => `printf("<${nonce} ${format}>${nonce}\\n", ${args});`;
  // One written file: its inode's address joins it with its opening.
  const tellWritten = (inode: string, file: string) =>
    say(
      'W %llu %d %llu %llu %llu %s',
      `nsecs, pid, cgroup, ${inode}, @b[pid, ${inode}], str(${file}->f_path.dentry->d_name.name)`,
    );
  const forget = (inode: string) => `delete(@b[pid, ${inode}]); delete(@t[pid, ${inode}]);`;
  const names = CREDENTIAL_NAMES.map(nameTest).join(' || ');
  const endings = CREDENTIAL_ENDINGS.map((ending) => endingTest(ending)).join('\n        ');
  const probes = (calls: string[], edge: string) =>
    calls.map((call) => `tracepoint:syscalls:sys_${edge}_${call}`).join(', ');
  // Newer machines never had open, creat and dup2.
  const oldOpens: Record<string, string> =
    process.arch === 'x64' ? { open: 'filename', creat: 'pathname' } : {};
  const newOpens = ['openat', 'openat2'];
  const closes = Object.entries(CLOSES).filter(([call]) => process.arch === 'x64' || call !== 'dup2');

  return `
BEGIN { ${say('T %llu', 'nsecs')} }
interval:s:10 { ${say('T %llu', 'nsecs')} clear(@seen); }

// Each hierarchy of version 1 counts for itself; only version 2, hierarchy 0, has the ids that processes are told with.
tracepoint:cgroup:cgroup_mkdir /args->root == 0/ { ${say('G %llu %s', 'args->id, str(args->path)')} }

tracepoint:sched:sched_process_exec /${isForeign}/ { ${say('F %d %s', 'pid, str(args->filename)')} }
tracepoint:sched:sched_process_exec /${isForeign}/ {
  $from = curtask->mm->arg_start; $length = curtask->mm->arg_end - $from; $now = nsecs;
  ${say('E %llu %d %d %d %llu %llu %s', '$now, pid, curtask->real_parent->tgid, uid, cgroup, $length, comm')}
  $i = (uint64)0;
  while ($i < ${Math.ceil(ARGV_BYTES / TEXT_BYTES)}) {
    if ($i * ${TEXT_BYTES} >= $length) { break; }
    $n = $length - $i * ${TEXT_BYTES};
    if ($n > ${TEXT_BYTES}) { $n = (uint64)${TEXT_BYTES}; }
    ${say('A %llu %d %llu %rx', `$now, pid, $i, buf(uptr($from + $i * ${TEXT_BYTES}), $n)`)}
    $i++;
  }
}

${probes(['execve', 'execveat'], 'enter')} /${isForeign}/ { @x[tid] = (uint64)args->filename; }
${probes(['execve', 'execveat'], 'exit')} /@x[tid]/ {
  if (args->ret < 0) { ${say('X %llu %d %llu %d %s', 'nsecs, pid, cgroup, args->ret, str(uptr(@x[tid]))')} }
  delete(@x[tid]);
}

tracepoint:sock:inet_sock_set_state /args->newstate == 2 && args->protocol == 6 && ${isForeign}/ {
  if (@seen[pid, ntop(args->daddr_v6), args->dport] == 0) {
    @seen[pid, ntop(args->daddr_v6), args->dport] = 1;
    @c[args->skaddr] = (nsecs, (uint64)pid, cgroup);
  }
}
tracepoint:sock:inet_sock_set_state /args->oldstate == 2 && @c[args->skaddr].0/ {
  $c = @c[args->skaddr];
  ${say('C %llu %d %llu %s %d %s %d %d', '$c.0, $c.1, $c.2, ntop(args->saddr_v6), args->sport, ntop(args->daddr_v6), args->dport, args->newstate')}
  delete(@c[args->skaddr]);
}

${Object.entries(oldOpens)
  .map(
    ([call, name]) =>
      `${probes([call], 'enter')} /${isForeign}/ { @o[tid] = (uint64)args->${name}; @d[tid] = (int64)-100; }`,
  )
  .join('\n')}
${probes(newOpens, 'enter')} /${isForeign}/ { @o[tid] = (uint64)args->filename; @d[tid] = (int64)args->dfd; }
${probes([...Object.keys(oldOpens), ...newOpens], 'exit')} /@o[tid]/ {
  if (args->ret >= 0) {
    $file = ${fileOf('args->ret')};
    $inode = $file->f_inode;
    if (($inode->i_mode & 0xf000) == 0x8000) {
      $tell = (uint64)($file->f_mode & 2);
      if ($tell == 0) {
        $dentry = $file->f_path.dentry;
        $len = $dentry->d_name.len;
        $head = *(uint64*)($dentry->d_name.name);
        if (${names}) { $tell = (uint64)1; }
        ${endings}
      }
      if ($tell) { ${say('O %llu %d %llu %llu %d %d %s', 'nsecs, pid, cgroup, (uint64)$inode, $file->f_mode & 2, @d[tid], str(uptr(@o[tid]))')} }
    }
  }
  delete(@o[tid]); delete(@d[tid]);
}

${Object.entries(WRITES)
  .map(
    ([call, descriptor]) => `tracepoint:syscalls:sys_enter_${call} /${isForeign}/ {
  $file = ${fileOf(`args->${descriptor}`)};
  if (($file->f_inode->i_mode & 0xf000) == 0x8000) { @w[tid] = (uint64)$file; }
}`,
  )
  .join('\n')}
${probes(Object.keys(WRITES), 'exit')} /@w[tid]/ {
  if (args->ret > 0) {
    $file = (struct file *)@w[tid];
    $inode = (uint64)$file->f_inode;
    if (@b[pid, $inode] == 0) { @t[pid, $inode] = nsecs; @any[pid] = 1; }
    @b[pid, $inode] = @b[pid, $inode] + (uint64)args->ret;
    if (@b[pid, $inode] > ${FLUSH_BYTES} || nsecs - @t[pid, $inode] > ${FLUSH_NS}) { ${tellWritten('$inode', '$file')} ${forget('$inode')} }
  }
  delete(@w[tid]);
}
${closes
  .map(
    ([call, descriptor]) => `tracepoint:syscalls:sys_enter_${call} /@any[pid]/ {
  $file = ${fileOf(`args->${descriptor}`)};
  $inode = (uint64)$file->f_inode;
  if (@b[pid, $inode]) { ${tellWritten('$inode', '$file')} ${forget('$inode')} }
}`,
  )
  .join('\n')}
tracepoint:sched:sched_process_exit /pid == tid && @any[pid]/ {
  $i = (uint64)0;
  while ($i < ${DESCRIPTORS}) {
    if ($i >= curtask->files->fdt->max_fds) { break; }
    $file = ${fileOf('$i')};
    if ((uint64)$file != 0) {
      $inode = (uint64)$file->f_inode;
      if (@b[pid, $inode]) { ${tellWritten('$inode', '$file')} ${forget('$inode')} }
    }
    $i++;
  }
  delete(@any[pid]);
}
END { clear(@x); clear(@o); clear(@d); clear(@w); clear(@t); clear(@c); clear(@seen); clear(@any); }
`;
}

/** Up to eight bytes of a text as the number they are in a little-endian machine's memory. */
const asNumber = (text: string): string =>
  `0x${[...Buffer.from(text.slice(0, 8), 'latin1')]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')}`;

/**
 * Whether a file's name ($head, its first eight bytes, and $len) may be this one. Texts would not fit the kernel side's stack,
 * so that long names are told by their beginning and length; activity-records.ts looks at the whole path.
 */
function nameTest(name: string): string {
  const head = name.length < 8 ? `($head & 0x${'ff'.repeat(name.length)})` : '$head';
  return `($len == ${name.length} && ${head} == ${asNumber(name)})`;
}

/** The same by the last four bytes. */
function endingTest(ending: string): string {
  const last = ending.slice(-4);
  return `if ($len > ${ending.length} && *(uint32*)($dentry->d_name.name + $len - 4) == ${asNumber(last)}) { $tell = (uint64)1; }`;
}
