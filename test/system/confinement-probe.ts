/**
 * What a process can learn about its own confinement, as a script for busybox's sh: sections that begin with `== name`. It changes
 * nothing that outlives it, on a privileged container in the host's namespaces neither, and opens no file for writing.
 */
export const probe = String.raw`
section() { echo "== $1"; }
each() { for path in "$@"; do [ -e "$path" ] || [ -L "$path" ] && echo "$path"; done; }
# Counters of memory and time differ from run to run of one and the same container.
section status; grep -vE '^(Vm|Rss|Hugetlb|SigQ|.*_ctxt_switches)' /proc/self/status
section init-status; grep -E '^(Name|Umask|Uid|Gid|Groups|NSpid|NSpgid|NSsid|Sig...:|Cap|NoNewPrivs|Seccomp)' /proc/$$/status
section mountinfo; cat /proc/self/mountinfo
section cgroup; cat /proc/self/cgroup
section limits; cat /proc/self/limits
section namespaces; for path in /proc/self/ns/*; do echo "$path $(readlink $path)"; done
section maps; cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups
section env; env
section id; id; umask; pwd; hostname; cat /proc/sys/kernel/domainname; tty
section process; for name in oom_score_adj personality coredump_filter attr/current timens_offsets comm sessionid; do echo "$name: $(cat /proc/$$/$name 2>&1 | tr '\0' ' ')"; done
section fds; for path in /proc/$$/fd/*; do [ -L $path ] && echo "$(basename $path) $(stat -c %A $path) $(readlink $path) $(stat -L -c '%F %a %u:%g' $path)"; done
section devices; find /dev | sort | while read path; do echo "$path $(stat -c '%F %a %u:%g %t:%T' $path) $(readlink $path)"; done
section directories; for path in / /bin /tmp /proc /sys /sys/fs/cgroup /dev/shm /dev/mqueue /dev/pts /work /data /data/below /secret /scratch /b /c /c/d /m /n /o /p /q /t /u /v /x /z /run /var /etc/issue /new; do [ -e $path ] && stat -c '%n %F %a %u:%g' $path; done
section masked; for path in /proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/timer_stats /proc/sched_debug /proc/scsi /sys/firmware /sys/devices/virtual/powercap; do
  if [ -d $path ]; then echo "$path $(stat -c '%F %a %u:%g' $path) entries $(ls -A $path | wc -l)"
  elif [ -e $path ]; then echo "$path $(stat -c '%F %a %u:%g %t:%T' $path) $([ -n "$(head -c 1 $path 2>&1)" ] && echo data || echo nothing)"
  else echo "$path absent"; fi
done
section writable; for path in / /tmp /work /b /c/d /m /n /o /p /q /t /u /v /y /run /var /etc/issue /new/file /data /data/below /secret /scratch /etc/hosts /etc/resolv.conf /proc/bus /proc/fs /proc/irq /proc/sys /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/self/oom_score_adj /sys /sys/kernel /sys/fs/cgroup /sys/fs/cgroup/memory /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cgroup.procs /dev /dev/shm /dev/mqueue; do
  [ -e $path ] && echo "$path $(touch -a $path 2>&1 && echo touched)"
done
section limits-of-cgroup; for path in memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes memory/memory.soft_limit_in_bytes memory/memory.swappiness memory/memory.oom_control cpu/cpu.shares cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpuset/cpuset.cpus cpuset/cpuset.mems pids/pids.max devices/devices.list blkio/blkio.bfq.weight blkio/blkio.throttle.read_bps_device blkio/blkio.throttle.write_bps_device blkio/blkio.throttle.read_iops_device blkio/blkio.throttle.write_iops_device memory/memory.kmem.tcp.limit_in_bytes memory.max memory.swap.max memory.low cpu.weight cpu.max pids.max cpuset.cpus io.weight; do
  [ -e /sys/fs/cgroup/$path ] && echo "$path: $(grep -v '^oom_kill\|^under_oom' /sys/fs/cgroup/$path | tr '\n' ';')"
done
section sysctl; for name in net/ipv4/ip_unprivileged_port_start net/ipv4/ping_group_range net/ipv4/ip_forward kernel/shmmax kernel/msgmax kernel/hostname fs/mqueue/msg_max kernel/shm_rmid_forced kernel/sem net/ipv4/conf/all/rp_filter; do echo "$name: $(cat /proc/sys/$name 2>&1)"; done
section network; ip -o link 2>&1 | grep -o '^[0-9]*: [^@:]*.*<[^>]*>' ; ip -o addr show lo 2>&1
section keyring; own=$(sed -n 's,.*/,,;1p' /proc/self/cgroup); [ -n "$own" ] && grep -o "_ses.$own" /proc/keys
section syscalls
try() { said=$("$@" 2>&1 </dev/null); code=$?; echo "$*: $code $(echo "$said" | head -n 1)"; }
try unshare -U true; try unshare -n true; try mount -t tmpfs none /tmp; try mount -o remount,rw /proc/sys; try umount /proc/sys; try chroot / true
try mknod /tmp/node c 1 3; rm -f /tmp/node; try mknod /tmp/node b 254 0; try head -c 1 /tmp/node; rm -f /tmp/node
touch /tmp/x; try chown 5:5 /tmp/x; try chmod 4755 /tmp/x; rm -f /tmp/x; try swapoff /none; try nice -n -5 true; try chrt -f 1 true
try su nobody -s /bin/true; try ping -c 1 -W 1 127.0.0.1; try kill -0 1; try head -c 0 /dev/mem; try head -c 0 /dev/net/tun; try head -c 0 /dev/fuse
section parents; for path in $(each /proc/1/root /proc/1/exe); do echo "$path $(readlink $path 2>&1)"; done
section end
`;
