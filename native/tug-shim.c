// tug-shim: starts one process as a plan says, and is its monitor until it has ended.
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// All a monitor calls. Anything else fails with EPERM: a filter that killed would take a living container along.
static const int allowed[] = {
  SYS_read, SYS_write, SYS_pread64, SYS_close, SYS_fstat, SYS_newfstatat, SYS_lseek, SYS_ppoll, SYS_fcntl, SYS_ioctl,
  SYS_accept4, SYS_recvfrom, SYS_sendto, SYS_sendmsg, SYS_recvmsg, SYS_shutdown, SYS_openat, SYS_unlinkat, SYS_renameat,
  SYS_renameat2, SYS_fsync, SYS_ftruncate, SYS_wait4, SYS_waitid, SYS_pidfd_send_signal, SYS_pidfd_open, SYS_clock_gettime,
  SYS_socket, SYS_connect, SYS_getsockopt, SYS_setsockopt, SYS_listen, SYS_madvise, SYS_exit_group, SYS_rt_sigreturn, SYS_restart_syscall, SYS_getpid,
#ifdef __x86_64__
  SYS_poll, SYS_open, SYS_unlink, SYS_rename, SYS_rmdir, SYS_stat,
#endif
};

int confine_monitor(void) {
  enum { COUNT = sizeof allowed / sizeof *allowed };
  struct sock_filter program[COUNT + 6];
  int at = 0;
  program[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
  program[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
  program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  program[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (int i = 0; i < COUNT; i++)
    program[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)allowed[i], COUNT - i, 0);
  program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog filter = {at, program};
  // Left: signals to processes of other users, and files of a data root that is not root's.
  uint32_t keep = 1u << CAP_KILL | 1u << CAP_DAC_OVERRIDE;
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data)) return errno;
  data[0].effective = data[0].permitted &= keep;
  data[1].effective = data[1].permitted = data[0].inheritable = data[1].inheritable = 0;
  // What one of them refuses the other two still do.
  int error = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? errno : 0;
  if (syscall(SYS_capset, &header, data)) error = errno;
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter)) error = errno;
  return error;
}

// The shim is the last to be sacrificed; the child is given its own value, or the one the shim came with.
static void guard_from_oom(void) {
  static const char *const lowest[] = {"-999", "-500", "0"};
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  for (int i = 0; fd >= 0 && i < 3; i++) if (write(fd, lowest[i], strlen(lowest[i])) > 0) break;
  if (fd >= 0) close(fd);
}

// One message and the fds with it; 0 once the other side has closed, or where there is no room for them.
static char receive(void) {
  static char control[CMSG_SPACE(200 * sizeof(int))];
  for (;;) {
    char kind = 0;
    struct iovec part = {&kind, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(FD_WORK, &message, MSG_CMSG_CLOEXEC);
    if (length < 0 && errno == EINTR) continue;
    return length != 1 || message.msg_flags & MSG_CTRUNC ? 0 : kind;
  }
}

// Waits for its fds, however long; an engine that needs no shim, or is gone, closes the socket. Received one after another into a
// table that is empty but for the first four, they take the numbers of the enum.
static bool take_work(void) {
  char kind;
  do kind = receive(); while (kind && kind != 'e');       // more fds may follow any other message
  return kind;
}

// The parent of an engine's shims: for each socket that comes it makes a process that is the shim behind it. Returns in that; and in
// itself where the system lets it make none: then it is that shim, and the engine's next one has another parent.
static bool bear_shims(void) {
  signal(SIGCHLD, SIG_IGN);                               // nobody waits for them
  do {
    close_range(FD_WORK + 1, ~0u, 0);
    if (!receive()) return false;
  } while (fork() > 0);
  signal(SIGCHLD, SIG_DFL);
  setsid();
  return dup2(FD_WORK + 1, FD_WORK) == FD_WORK && !close_range(FD_WORK + 1, ~0u, 0);
}

static bool called(const char *name, const char *what) {
  const char *slash = name ? strrchr(name, '/') : NULL;
  return name && !strcmp(slash ? slash + 1 : name, what);
}

// Little of the buffers is ever touched: where the kernel gives huge pages to whoever does not refuse, that would be 2 MB.
static void take_small_pages(void) {
  extern char __bss_start[], _end[];
  char *from = (char *)((uintptr_t)__bss_start & ~(uintptr_t)4095);
  madvise(from, (size_t)(_end - from), MADV_NOHUGEPAGE);
}

int main(int count, char **arguments) {
  if (count > 0 && called(arguments[0], "docker-init")) return run_init(arguments + 1);
  if (count > 1 && called(arguments[0], "tug-copy")) return run_copy(arguments + 1);
  if (count == 3 && called(arguments[0], "tug-userns")) return make_user_namespace(arguments[1], arguments[2]);
  uint32_t at;
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  prctl(PR_SET_DUMPABLE, 0);
  take_small_pages();
  if (chdir("/") || close_range(FD_PLAN, ~0u, 0)) return 1;
  if (called(arguments[0], "tug-shims")) {
    prctl(PR_SET_NAME, "tug-shims");
    if (!bear_shims()) return 0;
    arguments[0][strlen(arguments[0]) - 1] = 0;           // what ps calls it
  }
  prctl(PR_SET_NAME, "tug-shim");
  if (!take_work()) return 1;
  const char *refusal = plan_open(FD_PLAN, &at);
  if (refusal) {
    plan.reserved = 0;
    plan.body = (struct reader){0};
    give_up(at, OP_NONE, EINVAL, refusal);
  }
  close(FD_PLAN);
  if (!plan.halved) close(FD_WORK);
  if (plan.has_netns) shim.netns = FD_RESERVED + (int)plan.reserved;
  close_range(FD_RESERVED + plan.reserved + plan.has_netns, ~0u, 0);
  umask(022);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (!log_open()) give_up(0, OP_NONE, errno, plan.log);
  setup();
  if (plan.runtime && plan.tty) listen_for_console();
  make_child();
  guard_from_oom();
  furnish();
  if (plan.halved) pass_second_half();
  monitor();
}
