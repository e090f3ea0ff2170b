// Containers of another OCI runtime: its commands make and start the process, whose parent, as their subreaper, the shim becomes.
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int console = -1;

uint32_t step_of(enum op op) {
  struct reader r = plan.body;
  struct step s;
  while (next_step(&r, &s)) if (s.op == op) return s.index;
  return 0;
}

void listen_for_console(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/proc/self/fd/6/console"};
  console = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (console < 0 || bind(console, (struct sockaddr *)&address, sizeof address) || listen(console, 4))
    give_up(step_of(OP_START), OP_START, errno, "console");
}

// Program, arguments and environment; its directory is the start's, where it finds what it is told of by name.
static _Noreturn void execute_command(struct reader b, bool streams) {
  const char *program = text(&b);
  char **args = texts(&b), **environment = texts(&b);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  must(null >= 0, "/dev/null");
  bool piped = streams && !plan.tty;
  must(setsid() >= 0, "setsid");
  must(dup2(piped ? shim.child_in : null, 0) == 0 && dup2(piped ? shim.child_out : null, 1) == 1, "dup2");
  must(dup2(piped ? shim.child_err : null, 2) == 2, "dup2");
  must(!fchdir(FD_DIRECTORY), "directory");
  must(!close_range(3, ~0u, CLOSE_RANGE_CLOEXEC), "close_range");
  execve(program, args, environment);
  fail(&current, errno, program);
}

// The namespace that was furnished is found by its name from here on; the command itself runs in the host's.
static void name_network(const char *path) {
  char host[32];
  snprintf(host, sizeof host, "/proc/%d/ns/net", getppid());
  int fd = open(host, O_RDONLY | O_CLOEXEC);
  must(fd >= 0, host);
  must(!mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL), path);
  must(!setns(fd, CLONE_NEWNET), host);
  close(fd);
}

void create_command(struct reader b) {
  const char *network = text(&b);
  say('G');
  await_word();
  if (*network) name_network(network);
  execute_command(b, true);
}

pid_t start_command(void) {
  struct reader r = plan.body;
  int pair[2];
  while (next_step(&r, &current) && current.op != OP_START) {}
  if (shim.sync >= 0) close(shim.sync);
  shim.sync = -1;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) give_up(current.index, current.op, errno, "socketpair");
  pid_t pid = fork();
  if (pid < 0) give_up(current.index, current.op, errno, "fork");
  if (pid == 0) {
    child_sync = pair[1];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    reset_signals();
    execute_command(current.body, plan.exec);
  }
  close(pair[1]);
  shim.sync = pair[0];
  if (!plan.exec) return pid;
  close(shim.child_in);
  if (!plan.tty) {
    close(shim.child_out);
    close(shim.child_err);
  }
  return pid;
}

static pid_t read_pid(void) {
  char content[16] = {0};
  int fd = openat(FD_DIRECTORY, "pid", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t length = read(fd, content, sizeof content - 1);
  close(fd);
  errno = EINVAL;
  return length > 0 && atoi(content) > 0 ? atoi(content) : -1;
}

static int open_of(const char *name, int flags) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/%s", shim.child, name);
  return open(path, flags | O_CLOEXEC);
}

// The runtime has connected and sent the terminal before it ended.
static bool take_console(void) {
  char name[4096];
  ssize_t length;
  struct winsize size = {.ws_row = plan.rows, .ws_col = plan.columns};
  fcntl(console, F_SETFL, O_RDWR | O_NONBLOCK);
  int from = accept4(console, NULL, NULL, SOCK_CLOEXEC);
  if (from < 0) return false;
  shim.out = receive_fd(from, name, sizeof name, &length);
  close(from);
  close(console);
  if (shim.out < 0) return false;
  if (plan.rows || plan.columns) ioctl(shim.out, TIOCSWINSZ, &size);
  fcntl(shim.out, F_SETFL, O_RDWR | O_NONBLOCK);
  return true;
}

// The number is not another's: as our child it stays a zombie until we take its end. Nothing of the image has run yet when a
// container is adopted, so that its root is still where the runtime put it.
bool adopt_process(void) {
  siginfo_t info = {0};
  if (shim.pidfd >= 0) close(shim.pidfd);
  shim.child = read_pid();
  shim.pidfd = shim.child > 0 ? pidfd_open(shim.child, 0) : -1;
  if (shim.pidfd < 0 || waitid(P_PIDFD, shim.pidfd, &info, WEXITED | WNOHANG | WNOWAIT)) return false;
  if (plan.tty && !take_console()) return false;
  if (plan.exec || info.si_pid) return true;
  int root = open_of("root", O_PATH | O_DIRECTORY);
  int mounts = open_of("ns/mnt", O_RDONLY);
  if (root < 0 || mounts < 0 || dup3(root, FD_TREE, O_CLOEXEC) < 0) return false;
  close(root);
  if (shim.mntns >= 0) close(shim.mntns);
  shim.mntns = mounts;
  return true;
}
