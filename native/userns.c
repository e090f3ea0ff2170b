// Called as tug-userns UIDMAP GIDMAP: makes a user namespace and a network namespace that belongs to it, sends both over the socket
// it was born with, and is gone. Whoever has the fds keeps them alive.
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_of(pid_t pid, const char *name, int flags) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  return open(path, flags | O_CLOEXEC);
}

static bool map(pid_t pid, const char *name, const char *text) {
  int fd = open_of(pid, name, O_WRONLY);
  bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  if (fd >= 0) close(fd);
  return done;
}

static bool hand_out(pid_t pid, const char *name, char kind) {
  int fd = open_of(pid, name, O_RDONLY);
  return fd >= 0 && send_fd(FD_WORK, &kind, 1, fd);
}

int make_user_namespace(const char *uids, const char *gids) {
  struct clone_args args = {.flags = CLONE_NEWUSER | CLONE_NEWNET, .exit_signal = SIGCHLD};
  prctl(PR_SET_DUMPABLE, 0);
  pid_t pid = syscall(SYS_clone3, &args, sizeof args);
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
  }
  bool made = pid > 0 && map(pid, "uid_map", uids) && map(pid, "gid_map", gids) && hand_out(pid, "ns/user", 'u') && hand_out(pid, "ns/net", 'n');
  int error = errno;
  if (pid > 0) kill(pid, SIGKILL);
  return made ? 0 : error;
}
