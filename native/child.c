// The child between clone and the gate, and from the gate to exec.
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <grp.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int child_sync = -1, child_proc = -1, child_tty = -1;
struct step current;

void fail(const struct step *s, int error, const char *what) {
  struct { char type; struct failure failure; } message = {.type = 'F'};
  message.failure.step = s->index;
  message.failure.op = s->op;
  message.failure.error = error;
  strncpy(message.failure.text, what, sizeof message.failure.text - 1);
  (void)!write(child_sync, &message, sizeof message);
  _exit(125);
}

void say(char type) { must(write(child_sync, &type, 1) == 1, "sync"); }

void await_word(void) {
  char byte;
  if (read(child_sync, &byte, 1) != 1) _exit(125);        // the shim gave up or is gone
}

void reset_signals(void) {
  struct { void *handler; unsigned long flags; void *restorer; uint64_t mask; } action = {0};
  for (int number = 1; number <= 64; number++) syscall(SYS_rt_sigaction, number, &action, NULL, 8);
  uint64_t none = 0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
}

static void write_proc(const char *name, const char *value) {
  int fd = openat(child_proc, name, O_WRONLY | O_CLOEXEC);
  must(fd >= 0, name);
  must(write(fd, value, strlen(value)) == (ssize_t)strlen(value), name);
  close(fd);
}

static void set_score(struct reader b) {
  char value[16];
  snprintf(value, sizeof value, "%d", (int32_t)get32(&b));
  write_proc("oom_score_adj", value);
}

// v1 cgroups are joined by the thread itself: a migration of the caller alone takes no global lock.
static void join(void) {
  for (int i = 0; i < shim.join_count; i++) must(write(shim.joins[i], "0", 1) == 1, "join cgroup");
  for (int i = 0; i < shim.namespace_count && !shim.entered; i++) {
    if (shim.namespace_types[i] != CLONE_NEWPID) must(!setns(shim.namespaces[i], shim.namespace_types[i]), "setns");
  }
  if (shim.netns >= 0) must(!setns(shim.netns, CLONE_NEWNET), "setns");
  uint64_t types = shim.init_types & ~(uint64_t)CLONE_NEWPID;
  if (types) must(!setns(shim.init_pidfd, types), "setns");
  // Only now: a cgroup namespace is rooted where its maker stands.
  if (plan.clone_flags & CLONE_NEWCGROUP) must(!unshare(CLONE_NEWCGROUP), "unshare");
  if (plan.clone_flags & CLONE_NEWUSER) {
    say('U');
    await_word();
  }
  if (shim.init_types & CLONE_NEWUSER) become_root();
}

void become_root(void) {
  must(!setresgid(0, 0, 0) && !setresuid(0, 0, 0), "become root of the user namespace");
}

// In a user namespace of its own it has no power over a file of /proc that is the host's root's, as those of this process are.
static void score_early(void) {
  struct reader r = plan.body;
  while (next_step(&r, &current)) {
    if (current.op != OP_OOM_SCORE_ADJ) continue;
    struct reader b = current.body;
    set_score(b);
  }
  current = (struct step){0, OP_CLONE, plan.body};
}

static void send_network_socket(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  must(fd >= 0, "netlink socket");
  must(send_fd(child_sync, "N", 1, fd), "send netlink socket");
  close(fd);
}

static int open_null(void) {
  struct stat info;
  int fd = open("/dev/null", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd >= 0 && !fstat(fd, &info) && S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3)) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

// Standard input of a process without one is the container's own /dev/null, so that no fd of the host stays open in it.
static void standard_streams(void) {
  must(setsid() >= 0, "setsid");
  if (plan.tty) {
    must(!ioctl(child_tty, TIOCSCTTY, 0), "controlling terminal");
    for (int fd = 0; fd < 3; fd++) must(dup2(child_tty, fd) == fd, "dup2");
    return;
  }
  int in = plan.open_stdin ? shim.child_in : open_null();
  if (in < 0) in = shim.child_in;
  must(dup2(in, 0) == 0 && dup2(shim.child_out, 1) == 1 && dup2(shim.child_err, 2) == 2, "dup2");
}

// The child's steps, and the root in the place that is held for it.
static void take_second_half(void) {
  char kind;
  uint32_t at;
  ssize_t length;
  int rest = receive_fd(child_sync, &kind, 1, &length), root = length == 1 ? receive_fd(child_sync, &kind, 1, &length) : -1;
  if (rest < 0 || root < 0) _exit(125);                   // the shim gave up or is gone
  const char *refusal = plan_second(rest, &at);
  if (refusal) fail(&(struct step){at, OP_NONE, {0}}, EINVAL, refusal);
  close(rest);
  must(dup2(root, FD_TREE) == FD_TREE, "dup2");
  close(root);
}

void child(int sync) {
  child_sync = sync;
  current = (struct step){0, OP_CLONE, plan.body};
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  reset_signals();
  child_proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
  must(child_proc >= 0, "open /proc/self");
  if (shim.own_ids) score_early();
  join();
  if (plan.net_inside) send_network_socket();
  if (plan.halved) take_second_half();
  mount_phase(plan.has_root ? FD_TREE : -1);
  struct reader r = plan.body;
  while (next_step(&r, &current) && current.op != OP_GATE) if (current.op == OP_CREATE) create_command(current.body);
  standard_streams();
  say('G');
  await_word();
  final_phase(r);
  _exit(125);
}

void join_keyring(struct reader b) {
  static char description[512];
  const char *name = text(&b);
  uint32_t added = get32(&b);
  const char *label = text(&b);
  if (*label) write_proc("attr/keycreate", label);          // exec(2) forgets it
  long ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);
  if (ring < 0 && errno == ENOSYS) return;
  must(ring >= 0, name);
  if (!added) return;
  // type;uid;gid;permissions;name
  must(syscall(SYS_keyctl, KEYCTL_DESCRIBE, ring, description, sizeof description - 1) > 0, name);
  const char *field = description;
  for (int i = 0; i < 3 && field; i++) field = strchr(field + (i > 0), ';');
  if (!field) fail(&current, EINVAL, name);
  must(!syscall(SYS_keyctl, KEYCTL_SETPERM, ring, strtoul(field + 1, NULL, 16) | added), name);
}

// mkdir -p below /, which is the container's root by now.
static void make_directories(const char *path) {
  char part[4096];
  must(strlen(path) < sizeof part, path);
  for (const char *end = path; *end; ) {
    end += strspn(end, "/");
    end += strcspn(end, "/");
    memcpy(part, path, end - path);
    part[end - path] = 0;
    if (*part && mkdir(part, 0755) && errno != EEXIST) fail(&current, errno, path);
  }
}

static bool enter(const char *path) {
  char at[4096];
  if (chdir(path)) {
    if (errno == EACCES) return false;
    fail(&current, errno, path);
  }
  // A directory that getcwd cannot name from / lies outside the root.
  must(syscall(SYS_getcwd, at, sizeof at) > 0, path);
  if (at[0] != '/') fail(&current, ENOENT, path);
  return true;
}

static void set_ids(struct reader body) {
  uint32_t uid = get32(&body), gid = get32(&body), count = get32(&body);
  gid_t *groups = calloc(count + 1, sizeof *groups);
  must(groups, "groups");
  for (uint32_t i = 0; i < count; i++) groups[i] = get32(&body);
  int32_t mask = (int32_t)get32(&body);
  must(!prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities");
  must(!syscall(SYS_setgroups, (size_t)count, groups), "setgroups");
  must(!syscall(SYS_setresgid, gid, gid, gid), "setgid");
  must(!syscall(SYS_setresuid, uid, uid, uid), "setuid");
  must(!prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0), "keep capabilities");
  if (mask >= 0) umask(mask);
  free(groups);
}

static void set_capabilities(struct reader body) {
  uint64_t effective = get64(&body), permitted = get64(&body), inheritable = get64(&body), ambient = get64(&body);
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  for (int i = 0; i < 2; i++)
    data[i] = (struct __user_cap_data_struct){effective >> 32 * i, permitted >> 32 * i, inheritable >> 32 * i};
  must(!prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient capabilities");
  must(!syscall(SYS_capset, &header, data), "capset");
  for (int bit = 0; bit < 64; bit++) {
    if (ambient >> bit & 1) must(!prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, bit, 0, 0), "ambient capabilities");
  }
}

static void drop_bounding(uint64_t keep) {
  for (int bit = 0; bit < 64; bit++) {
    if (keep >> bit & 1) continue;
    if (!prctl(PR_CAPBSET_DROP, bit, 0, 0, 0)) continue;
    if (errno == EINVAL) return;                          // past the kernel's last capability
    fail(&current, errno, "bounding set");
  }
}

static void set_filter(struct reader body) {
  uint32_t length;
  const unsigned char *program = blob(&body, &length);
  uint32_t flags = get32(&body);
  struct sock_fprog filter = {length / 8, (struct sock_filter *)program};
  must(!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter), "seccomp");
}

static int executable(const char *path) {
  struct stat info;
  if (stat(path, &info)) return errno;
  if (S_ISDIR(info.st_mode)) return EISDIR;
  if (!faccessat(AT_FDCWD, path, X_OK, AT_EACCESS)) return 0;
  if (errno != EPERM && errno != ENOSYS) return errno;
  return info.st_mode & 0111 ? 0 : EACCES;
}

// A word without a slash is sought in PATH as a shell does; what a relative PATH entry would find is no match.
static const char *look_up(const char *word, char *const *environment) {
  static char candidate[8192];
  if (strchr(word, '/')) {
    int error = executable(word);
    if (error) fail(&current, error, error == EISDIR || error == EACCES ? "" : "stat");
    return word;
  }
  const char *path = NULL;
  for (; *environment; environment++) {
    if (!strncmp(*environment, "PATH=", 5)) path = *environment + 5;
  }
  for (; path && *path && *word; path += *path == ':') {
    size_t length = strcspn(path, ":");
    if (*path == '/' && length + strlen(word) + 2 < sizeof candidate) {
      memcpy(candidate, path, length);
      candidate[length] = '/';
      strcpy(candidate + length + 1, word);
      if (!executable(candidate)) return candidate;
    }
    path += length;
  }
  fail(&current, ENOENT, "lookup");
}

char **texts(struct reader *body) {
  uint32_t count = get32(body);
  char **list = calloc(count + 1, sizeof *list);
  must(list, "memory");
  for (uint32_t i = 0; i < count; i++) list[i] = (char *)text(body);
  return list;
}

static void execute(struct reader body) {
  char **args = texts(&body), **environment = texts(&body);
  const char *path = look_up(args[0], environment);
  // Credentials changed: the kernel has forgotten the signal. It outlives exec, so that a killed shim leaves no process behind.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  execve(path, args, environment);
  // The container counts as started; it dies of it, as under runc.
  const char *reason = strerror(errno);
  char first = reason[0] >= 'A' && reason[0] <= 'Z' ? reason[0] + 32 : reason[0];
  dprintf(2, "exec %s: %c%s\n", path, first, reason + 1); // in one piece
  (void)!write(child_sync, "S", 1);
  _exit(255);
}

void final_phase(struct reader rest) {
  const char *late = NULL;
  must(!close_range(3, ~0u, CLOSE_RANGE_CLOEXEC), "close_range");
  while (next_step(&rest, &current)) {
    struct reader b = current.body;
    switch (current.op) {
      case OP_RLIMIT: {
        int resource = get32(&b);
        struct rlimit limit = {get64(&b), 0};
        limit.rlim_max = get64(&b);
        must(shim.own_ids || !setrlimit(resource, &limit), "");
        break;
      }
      case OP_OOM_SCORE_ADJ:
        if (!shim.own_ids) set_score(b);
        break;
      case OP_LABEL: {
        bool apparmor = !strcmp(text(&b), "apparmor");
        write_proc(apparmor ? "attr/apparmor/exec" : "attr/exec", text(&b));
        break;
      }
      case OP_CWD: {
        const char *path = text(&b);
        if (get8(&b)) make_directories(path);
        if (!enter(path)) late = path;
        break;
      }
      case OP_BOUNDING_SET: drop_bounding(get64(&b)); break;
      case OP_IDS:
        set_ids(b);
        if (late && !enter(late)) fail(&current, EACCES, late);
        late = NULL;
        break;
      case OP_CAPABILITIES: set_capabilities(b); break;
      case OP_NO_NEW_PRIVILEGES: must(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs"); break;
      case OP_SECCOMP: set_filter(b); break;
      case OP_EXEC: execute(b); break;
      default: fail(&current, EINVAL, "step");
    }
  }
}
