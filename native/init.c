// What --init puts before a container's program, as its pid 1: it hands signals on, reaps whoever is left to it, and ends as the
// program ended. The same executable as the shim, under the name docker-init.
#include "shim.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int start(char **arguments, const sigset_t *mask) {
  setpgid(0, 0);
  if (isatty(0)) tcsetpgrp(0, getpid());                  // SIGTTOU is ignored until here
  signal(SIGTTIN, SIG_DFL);
  signal(SIGTTOU, SIG_DFL);
  sigprocmask(SIG_SETMASK, mask, NULL);
  execvp(arguments[0], arguments);
  int error = errno;
  fprintf(stderr, "docker-init: exec %s failed: %s\n", arguments[0], strerror(error));
  return error == ENOENT ? 127 : error == EACCES ? 126 : 1;
}

// Its code once `program` has ended, else -1.
static int reap(pid_t program) {
  int status, code = -1;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
    if (pid == program) code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return code;
}

int run_init(char **arguments) {
  static const int own[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU};
  sigset_t taken, before;
  if (*arguments && !strcmp(*arguments, "--")) arguments++;
  if (!*arguments) return 1;
  sigfillset(&taken);
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) sigdelset(&taken, own[i]);
  sigprocmask(SIG_SETMASK, &taken, &before);
  signal(SIGTTIN, SIG_IGN);
  signal(SIGTTOU, SIG_IGN);
  pid_t program = fork();
  if (program == 0) _exit(start(arguments, &before));
  if (program < 0) return 1;
  for (;;) {
    int code, number = sigwaitinfo(&taken, NULL);
    if (number < 0) continue;
    if (number != SIGCHLD) kill(program, number);
    else if ((code = reap(program)) >= 0) return code;
  }
}
