// dump-filter PID N: the N-th latest seccomp filter of a process, as the kernel holds it (classic BPF), on standard output.
#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  static struct sock_filter program[4096];
  pid_t pid = argc == 3 ? atoi(argv[1]) : 0;
  if (!pid || ptrace(PTRACE_SEIZE, pid, 0, 0) || ptrace(PTRACE_INTERRUPT, pid, 0, 0) || waitpid(pid, NULL, __WALL) != pid) {
    perror("ptrace");
    return 1;
  }
  long length = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, atol(argv[2]), program);
  if (length < 0) {
    if (errno == ENOENT) return 2;
    perror("PTRACE_SECCOMP_GET_FILTER");
    return 1;
  }
  return write(1, program, length * sizeof *program) < 0;
}
