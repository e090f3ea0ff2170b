// A cgroup below a container's; the end of cgroups: OOM kills counted, what is left in them killed, the directories removed.
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static ssize_t read_file(const char *path, char *buffer, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t length = read(fd, buffer, size - 1);
  close(fd);
  buffer[length > 0 ? length : 0] = 0;
  return length;
}

uint64_t oom_kills(void) {
  struct reader r = plan.body;
  struct step s;
  uint64_t kills = 0;
  while (next_step(&r, &s) && s.op < OP_JOIN_NAMESPACE) {
    static char content[1024];
    if (s.op != OP_OOM_WATCH || read_file(text(&s.body), content, sizeof content) <= 0) continue;
    const char *line = strstr(content, "oom_kill ");
    if (line) kills += strtoul(line + 9, NULL, 10);
  }
  return kills;
}

// The version 2 cgroup of that process, if it is the container's or one below it; -1 where it is elsewhere.
int open_beside(pid_t pid) {
  static char content[8192], path[8192];
  struct reader r = plan.body;
  struct step s;
  snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
  if (read_file(path, content, sizeof content) <= 0) return -1;
  char *own = strstr(content, "0::/"), *end = own ? strchr(own, '\n') : NULL;
  if (!end || (own != content && own[-1] != '\n')) return -1;
  *end = 0;
  while (next_step(&r, &s) && s.op < OP_JOIN_NAMESPACE) {
    if (s.op != OP_CGROUP_INTO) continue;
    const char *container = text(&s.body), *name = strrchr(container, '/'), *below = strstr(own, name);
    if (!below || below[strlen(name)] != '/') return -1;
    snprintf(path, sizeof path, "%s%s", container, below + strlen(name));
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  }
  return -1;
}

// Version 1 writes to an eventfd that is registered beside the file.
static int notified_of(const char *file, size_t directory) {
  static char text[4096];
  int watched = open(file, O_RDONLY | O_CLOEXEC);
  snprintf(text, sizeof text, "%.*s/cgroup.event_control", (int)directory, file);
  int control = open(text, O_WRONLY | O_CLOEXEC);
  int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  int length = snprintf(text, sizeof text, "%d %d", fd, watched);
  if (fd >= 0 && (watched < 0 || control < 0 || write(control, text, length) != length)) {
    close(fd);
    fd = -1;
  }
  if (watched >= 0) close(watched);
  if (control >= 0) close(control);
  return fd;
}

int watch_oom(bool *before_kill) {
  struct reader r = plan.body;
  struct step s;
  while (next_step(&r, &s) && s.op < OP_JOIN_NAMESPACE) {
    if (s.op != OP_OOM_WATCH) continue;
    const char *file = text(&s.body), *name = strrchr(file, '/');
    *before_kill = name && !strcmp(name, "/memory.oom_control");
    if (*before_kill) return notified_of(file, name - file);
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd >= 0 && inotify_add_watch(fd, file, IN_MODIFY) >= 0) return fd;
    if (fd >= 0) close(fd);
    break;
  }
  return -1;
}

static int read_pids(const char *path, pid_t *pids, int most) {
  static char content[8192];
  int count = 0;
  if (read_file(path, content, sizeof content) <= 0) return 0;
  for (char *at = content; count < most;) {
    char *end;
    pid_t pid = strtol(at, &end, 10);
    if (end == at || *end != '\n') break;
    if (pid > 0) pids[count++] = pid;
    at = end + 1;
  }
  return count;
}

// A pid read from the list may be another's by the time it is opened; it is signalled if the list still names it after that.
static int kill_round(const char *path) {
  enum { MOST = 128 };
  static pid_t before[MOST], after[MOST];
  static int fds[MOST];
  int count = read_pids(path, before, MOST);
  for (int i = 0; i < count; i++) fds[i] = pidfd_open(before[i], 0);
  int left = read_pids(path, after, MOST);
  for (int i = 0; i < count; i++) {
    for (int j = 0; fds[i] >= 0 && j < left; j++) {
      if (after[j] == before[i]) { syscall(SYS_pidfd_send_signal, fds[i], SIGKILL, NULL, 0); break; }
    }
    if (fds[i] >= 0) close(fds[i]);
  }
  return count;
}

void kill_cgroup(void) {
  struct reader r = plan.body;
  struct step s;
  static char path[4096];
  while (next_step(&r, &s) && s.op < OP_JOIN_NAMESPACE) {
    if (s.op != OP_CGROUP_KILL) continue;
    const char *cgroup = text(&s.body);
    if (strlen(cgroup) + 16 > sizeof path) continue;
    strcat(strcpy(path, cgroup), "/cgroup.kill");
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
      (void)!write(fd, "1", 1);
      close(fd);
    }
    strcat(strcpy(path, cgroup), "/cgroup.procs");
    for (int round = 0; round < 200 && kill_round(path) > 0; round++) poll(NULL, 0, round < 10 ? 1 : 10);
  }
}

// Last made, first removed. What a container nested inside stays for the engine to sweep.
void remove_cgroups(void) {
  static const char *made[64];
  int count = 0;
  struct reader r = plan.body;
  struct step s;
  while (next_step(&r, &s) && s.op < OP_JOIN_NAMESPACE) {
    if (s.op == OP_CGROUP_MAKE && count < 64) made[count++] = text(&s.body);
  }
  while (count--) {
    // A process that has been reaped may be counted a moment longer.
    for (int round = 0; round < 50 && rmdir(made[count]) && errno == EBUSY; round++) poll(NULL, 0, 1);
  }
}
