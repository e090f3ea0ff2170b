// A program of the host's that is called while the container's file system is made: see `hook` in src/runtime/plan/steps.ts.
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

// All of it is written before anybody reads: more than a pipe holds is refused.
static int told(const char *head, const char *tail) {
  char self[16] = "";
  int ends[2];
  must(readlink("/proc/self", self, sizeof self - 1) > 0, "/proc/self");      // the host's procfs: the number it has there
  must(!pipe2(ends, O_CLOEXEC | O_NONBLOCK), "pipe");
  const char *parts[] = {head, self, tail};
  for (int i = 0; i < 3; i++) must(write(ends[1], parts[i], strlen(parts[i])) == (ssize_t)strlen(parts[i]), "state");
  close(ends[1]);
  fcntl(ends[0], F_SETFL, 0);
  return ends[0];
}

static int said(void) {
  int fd = memfd_create("hook", MFD_CLOEXEC);
  must(fd >= 0, "memfd_create");
  return fd;
}

static int end_of(pid_t pid, uint32_t seconds) {
  int status, fd = pidfd_open(pid, 0);
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  must(fd >= 0, "pidfd_open");
  bool late = poll(&wait, 1, seconds ? (int)(seconds * 1000) : -1) == 0;
  if (late) kill(pid, SIGKILL);
  must(waitpid(pid, &status, 0) == pid, "waitpid");
  close(fd);
  return late ? -1 : status;
}

static void words_of(int fd, char *words, size_t size) {
  ssize_t length = pread(fd, words, size - 1, 0);
  words[length > 0 ? length : 0] = 0;
  close(fd);
}

void run_hook(struct reader b) {
  const char *program = text(&b);
  char **args = texts(&b), **environment = texts(&b);
  const char *head = text(&b), *tail = text(&b);
  uint32_t seconds = get32(&b);
  char words[400], output[160], errors[160];
  snprintf(words, sizeof words, "fork/exec %s", program);
  must(!access(program, X_OK), words);
  int in = told(head, tail), out = said(), err = said();
  pid_t pid = fork();
  must(pid >= 0, "fork");
  if (pid == 0) {
    reset_signals();
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 || fchdir(FD_DIRECTORY)) _exit(126);
    execve(program, args, environment);
    dprintf(2, "%s: %s", program, strerror(errno));
    _exit(127);
  }
  close(in);
  int status = end_of(pid, seconds);
  words_of(out, output, sizeof output);
  words_of(err, errors, sizeof errors);
  if (status == 0) return;
  if (status < 0) snprintf(words, sizeof words, "hook ran past specified timeout of %u.0s", seconds);
  else if (WIFSIGNALED(status)) snprintf(words, sizeof words, "signal: %d, stdout: %s, stderr: %s", WTERMSIG(status), output, errors);
  else snprintf(words, sizeof words, "exit status %d, stdout: %s, stderr: %s", WEXITSTATUS(status), output, errors);
  fail(&current, 0, words);
}
