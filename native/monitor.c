// The shim as monitor: one poll loop over the engine's connections, attachers, the child's streams and its end. Nothing is
// allocated here. The protocol is described in src/runtime/process/protocol.ts.
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 48, CHUNK = 16384, QUEUE = 65536, HELLO = 6, HOLD = 8, REQUEST = 12, HELD = 1024 };
enum kind { FREE, HELLOING, CONTROL, ATTACHED, HOLDING };
#define SECOND 1000000000ull
#define PATIENCE (60 * SECOND)                            // until an engine says hello, which may be held up
enum { STDIN = 1, STDOUT = 2, STDERR = 4 };
enum state { PREPARING, WAITING, STARTING, RUNNING, ENDED, TOLD };

static struct client {
  int fd;
  enum kind kind;
  uint8_t streams;
  int brought;                                            // an fd that came with its hello, or -1
  bool deaf, ending;                                      // no more input from it; close once its queue is empty
  uint32_t head, length, got;
  uint64_t progress;                                      // when it last took something
  unsigned char input[REQUEST];
} clients[CLIENTS];
static unsigned char queues[CLIENTS][QUEUE] __attribute__((aligned(4096)));

static int held[HELD], held_count;                        // sockets of ports that were published later
static unsigned char chunk[CHUNK], input[CHUNK];
static uint32_t input_at, input_length;
static bool met;                                          // an engine has said hello
static bool close_stdin, abandoned, released, let_go;     // let_go: said before the child stood at its gate
static enum state state = PREPARING;
static int signals = -1, exit_status;
static bool child_ended;
static pid_t command;                                     // the runtime's, while it runs
static uint64_t started_at, ended_at, deadline, born;
static struct { uint32_t code, oom; uint64_t at; } ending;
static bool oom, oom_before_kill;
static int oom_watch = -1;
static uint64_t oom_seen;

uint64_t now_ns(int clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + now.tv_nsec;
}

static void drop(struct client *c) {
  if (c->kind == FREE) return;
  close(c->fd);
  if (c->brought >= 0) close(c->brought);
  if (c->kind == ATTACHED) madvise(queues[c - clients], QUEUE, MADV_DONTNEED);
  memset(c, 0, sizeof *c);
}

static void mute(struct client *c);

static void flush(struct client *c) {
  unsigned char *queue = queues[c - clients];
  while (c->length) {
    uint32_t run = c->head + c->length > QUEUE ? QUEUE - c->head : c->length;
    ssize_t sent = send(c->fd, queue + c->head, run, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      return c->kind == ATTACHED ? mute(c) : drop(c);
    }
    c->progress = now_ns(CLOCK_MONOTONIC);
    c->head = (c->head + sent) % QUEUE;
    c->length -= sent;
  }
  c->head = 0;
  if (c->ending) drop(c);
}

static bool queue_bytes(struct client *c, const void *bytes, uint32_t size) {
  if (QUEUE - c->length < size) return false;
  unsigned char *queue = queues[c - clients];
  uint32_t tail = (c->head + c->length) % QUEUE, run = tail + size > QUEUE ? QUEUE - tail : size;
  memcpy(queue + tail, bytes, run);
  memcpy(queue, (const unsigned char *)bytes + run, size - run);
  c->length += size;
  return true;
}

// Messages to the engine: type, three zeros, length, payload. An engine that leaves 64 KiB unread is cut off.
static void tell(struct client *c, char type, const void *payload, uint32_t size) {
  unsigned char header[8] = {type};
  memcpy(header + 4, &size, 4);
  if (queue_bytes(c, header, 8) && queue_bytes(c, payload, size)) flush(c);
  else drop(c);
}

static void tell_all(char type, const void *payload, uint32_t size) {
  for (struct client *c = clients; c < clients + CLIENTS; c++) if (c->kind == CONTROL) tell(c, type, payload, size);
}

static int controls(void) {
  int count = 0;
  for (struct client *c = clients; c < clients + CLIENTS; c++) count += c->kind == CONTROL;
  return count;
}

static void clean_up(void) {
  unlinkat(FD_DIRECTORY, "sock", 0);
  // It tells the engine what a runtime may have left behind.
  if (!plan.runtime) unlinkat(FD_DIRECTORY, "launch.json", 0);
  unlinkat(FD_DIRECTORY, "running", 0);
  unlinkat(FD_DIRECTORY, "exit", 0);
  if (!plan.runtime) unlinkat(FD_DIRECTORY, "config.json", 0);
}

void give_up(uint32_t step, enum op op, int error, const char *why) {
  struct failure failure = {step, op, error, {0}};
  strncpy(failure.text, why, sizeof failure.text - 1);
  // What failed here may have failed because the child is gone: then its own word is the better one.
  struct { char type; struct failure failure; } said;
  while (shim.sync >= 0 && recv(shim.sync, &said, sizeof said, MSG_DONTWAIT) > 0) {
    if (said.type == 'F') failure = said.failure;
  }
  failure.text[sizeof failure.text - 1] = 0;
  if (shim.pidfd >= 0) {
    syscall(SYS_pidfd_send_signal, shim.pidfd, SIGKILL, NULL, 0);
    waitpid(shim.child, NULL, __WALL);
    if (!plan.exec && !plan.new_pid) kill_cgroup();
  }
  for (int fd = FD_RESERVED; fd < FD_RESERVED + (int)plan.reserved; fd++) close(fd);
  if (plan.body.at) remove_cgroups();
  clean_up();
  // The engine's connection may still wait in the queue, or its hello may.
  struct pollfd waiting = {FD_LISTEN, POLLIN, 0};
  struct client *first = clients;
  if (first->kind == FREE && poll(&waiting, 1, 1000) == 1)
    *first = (struct client){.fd = accept4(FD_LISTEN, NULL, NULL, SOCK_CLOEXEC), .kind = HELLOING, .brought = -1};
  for (struct client *c = clients; c < clients + CLIENTS; c++) {
    if (c->kind == HELLOING && queue_bytes(c, "TUG\1", 4)) c->kind = CONTROL;
  }
  tell_all('F', &failure, sizeof failure);
  // A close with something unread would take the message back: wait until the engine has hung up.
  for (struct client *c = clients; c < clients + CLIENTS; c++) {
    if (c->kind != CONTROL) continue;
    waiting.fd = c->fd;
    shutdown(c->fd, SHUT_WR);
    while (poll(&waiting, 1, 1000) == 1 && read(c->fd, chunk, CHUNK) > 0) {}
  }
  _exit(1);
}

static void tell_state(struct client *c) {
  struct { uint32_t state, pid; uint64_t started; char token[132]; } hello = {0};
  hello.state = state;
  hello.pid = shim.child;
  hello.started = started_at;
  strncpy(hello.token, plan.token, sizeof hello.token - 1);
  tell(c, 'H', &hello, sizeof hello);
  if (c->kind == CONTROL && state == TOLD) tell(c, 'X', &ending, sizeof ending);
}

static bool wants(const struct client *c, int stream) {
  return c->kind == ATTACHED && !c->ending && (c->streams & (stream ? STDERR : STDOUT));
}

static bool is_full(const struct client *c) { return QUEUE - c->length < CHUNK + 8; }

static void frame(struct client *c, int stream, const void *bytes, uint32_t size) {
  unsigned char header[8] = {stream + 1, 0, 0, 0, size >> 24, size >> 16, size >> 8, size};
  if (!plan.tty) queue_bytes(c, header, 8);
  queue_bytes(c, bytes, size);
  flush(c);
}

static void begin_attachment(struct client *c, uint8_t streams) {
  c->kind = ATTACHED;
  c->streams = streams;
  struct { char magic[4]; uint32_t lengths[2], ended; uint64_t generation, offset; } reply = {{'T', 'U', 'G', 1}, {0, 0}, state == TOLD, 0, 0};
  const unsigned char *pending[2] = {log_pending(0, &reply.lengths[0]), log_pending(1, &reply.lengths[1])};
  log_position(&reply.generation, &reply.offset);
  queue_bytes(c, &reply, sizeof reply);
  for (int stream = 0; stream < 2; stream++) queue_bytes(c, pending[stream], reply.lengths[stream]);
  if (state >= TOLD) c->ending = true;
  flush(c);
}

static void greet(struct client *c) {
  const unsigned char *hello = c->input;
  if (memcmp(hello, "TUG\1", 4)) return drop(c);
  c->got = 0;
  if (hello[4] == 'A') return begin_attachment(c, hello[5]);
  send(c->fd, "TUG\1", 4, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (hello[4] == 'C') {
    c->kind = CONTROL;
    met = true;
    tell_state(c);
    return;
  }
  if (hello[4] == 'H' && state == RUNNING && c->brought >= 0) {
    c->kind = HOLDING;
    return;
  }
  if (hello[4] == 'P' && state == RUNNING && !plan.exec) send_fd(c->fd, "p", 1, shim.pidfd);
  if (hello[4] == 'N' && state == RUNNING && shim.net >= 0) send_fd(c->fd, "n", 1, shim.net);
  if (hello[4] == 'R' && state == RUNNING && plan.has_root) send_fd(c->fd, "r", 1, FD_TREE);
  drop(c);
}

static void commit(void);

// Until then the last unmount of an overlay, which may sync a whole disk, is nobody's wait.
static void let_mounts_go(void) {
  if (shim.mntns >= 0) close(shim.mntns);
  shim.mntns = -1;
  if (plan.has_root) close(FD_TREE);
  plan.has_root = false;
}

// One more socket that reserves a port, and where what comes there goes, if it is passed on. Its number is the answer.
static void hold(struct client *c) {
  uint32_t address, where;
  memcpy(&address, c->input, 4);
  memcpy(&where, c->input + 4, 4);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address), .sin_port = htons(where)};
  int32_t answer = -1;
  if (state == RUNNING && held_count < HELD && (!address || relay_listen(c->brought, where >> 16 == IPPROTO_UDP, &to))) {
    answer = held[held_count++] = c->brought;
    c->brought = -1;
  }
  send(c->fd, &answer, sizeof answer, MSG_NOSIGNAL | MSG_DONTWAIT);
  drop(c);
}

static bool unhold(int fd) {
  bool ours = fd >= FD_RESERVED && fd < FD_RESERVED + (int)plan.reserved;
  for (int i = 0; i < held_count && !ours; i++) {
    if (held[i] != fd) continue;
    held[i] = held[--held_count];
    ours = true;
  }
  if (ours) relay_forget(fd);
  return ours && !close(fd);
}

static void request(struct client *c) {
  uint32_t a, b;
  int32_t error = 0;
  char type = c->input[0];
  memcpy(&a, c->input + 4, 4);
  memcpy(&b, c->input + 8, 4);
  c->got = 0;
  if (type == 'k') {
    // Until its zombie has been seen, a process that is gone would still take the signal.
    if (state >= ENDED || syscall(SYS_pidfd_send_signal, shim.pidfd, a, NULL, 0)) error = state >= ENDED ? ESRCH : errno;
  } else if (type == 'w') {
    struct winsize size = {.ws_row = a, .ws_col = b};
    if (!plan.tty || state >= ENDED) error = plan.tty ? ESRCH : ENOTTY;
    else if (ioctl(shim.out, TIOCSWINSZ, &size)) error = errno;
  } else if (type == 'g') {
    if (state > WAITING || let_go) error = EBUSY;
    else if (state == WAITING) commit();
    else let_go = true;
  } else if (type == 'a') {
    if (state <= WAITING) abandoned = true;
    else error = EBUSY;
  } else if (type == 't') {
    if (state != RUNNING || !relay_turn(a, b)) error = EBADF;
  } else if (type == 'u') {
    if (state != RUNNING || !unhold(a)) error = EBADF;
  } else if (type == 'r') {
    if (state == TOLD) released = true;
    else error = EBUSY;
  } else {
    error = ENOSYS;
  }
  if (released && !error) {
    let_mounts_go();
    clean_up();
  }
  tell(c, 'A', &error, sizeof error);
}

// Its reader is gone: what it still has to say to stdin is heard, the rest is dropped.
static void mute(struct client *c) {
  c->length = c->head = 0;
  c->streams &= STDIN;
  if (c->deaf || !c->streams) drop(c);
}

static void stdin_ended(struct client *c) {
  c->deaf = true;
  if ((c->streams & STDIN) && plan.stdin_once && !plan.tty) close_stdin = true;
  c->streams &= ~STDIN;
}

static void hear(struct client *c) {
  if (c->kind == ATTACHED) {
    bool wanted = c->streams & STDIN;
    if (wanted && input_length) return;                   // the last bytes are still on their way
    ssize_t length = recv(c->fd, wanted ? input : chunk, CHUNK, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (length <= 0) return stdin_ended(c);
    if (!wanted || (!plan.tty && shim.in < 0) || close_stdin) return;
    input_at = 0;
    input_length = length;
    return;
  }
  uint32_t want = c->kind == HELLOING ? HELLO : c->kind == HOLDING ? HOLD : REQUEST;
  ssize_t length;
  if (c->kind == HELLOING) {
    int fd = receive_fd(c->fd, c->input + c->got, want - c->got, &length);
    if (fd >= 0 && c->brought >= 0) close(fd);
    else if (fd >= 0) c->brought = fd;
  } else length = recv(c->fd, c->input + c->got, want - c->got, MSG_DONTWAIT);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0) return drop(c);
  c->got += length;
  if (c->got < want) return;
  if (c->kind == HELLOING) greet(c);
  else if (c->kind == HOLDING) hold(c);
  else request(c);
}

static struct client *take_connection(void) {
  struct client *c = clients;
  while (c < clients + CLIENTS && c->kind != FREE) c++;
  int fd = accept4(FD_LISTEN, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return NULL;
  if (c == clients + CLIENTS) {
    close(fd);
    return NULL;
  }
  *c = (struct client){.fd = fd, .kind = HELLOING, .brought = -1, .progress = now_ns(CLOCK_MONOTONIC)};
  return c;
}

static void commit(void) {
  // Whoever connected before this sees the output from its first byte.
  for (struct client *c; (c = take_connection());) {}
  for (struct client *c = clients; c < clients + CLIENTS; c++) if (c->kind == HELLOING) hear(c);
  // From here on the start has got as far as a process.
  int mark = openat(FD_DIRECTORY, "running", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (mark >= 0) close(mark);
  set_limits();
  if (plan.runtime) command = start_command();
  else if (write(shim.sync, "g", 1) != 1) return;         // its failure is about to be heard
  shim.committed = true;
  state = STARTING;
}

static void feed(void) {
  int to = plan.tty ? shim.out : shim.in;
  if (to < 0) input_length = 0;
  if (input_length) {
    ssize_t written = write(to, input + input_at, input_length);
    if (written < 0 && errno != EAGAIN && errno != EINTR) input_length = 0;
    if (written > 0) {
      input_at += written;
      input_length -= written;
    }
  }
  if (!input_length && close_stdin && shim.in >= 0) {
    close(shim.in);
    shim.in = -1;
  }
}

static bool has_room(int stream) {
  for (struct client *c = clients; c < clients + CLIENTS; c++) {
    if (wants(c, stream) && is_full(c)) return false;
  }
  return true;
}

static void pump(int stream) {
  int *fd = stream ? &shim.err : &shim.out;
  ssize_t length = read(*fd, chunk, CHUNK);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0) {                                      // a pty ends with EIO
    close(*fd);
    *fd = -1;
    return;
  }
  log_chunk(stream, chunk, length);
  for (struct client *c = clients; c < clients + CLIENTS; c++) {
    if (wants(c, stream)) frame(c, stream, chunk, length);
  }
}

static void started(void);

// At the gate.
static void arrived(void) {
  state = WAITING;
  if (let_go) commit();
  else tell_all('R', NULL, 0);
}

// The end of `create` is a container that waits, the end of `start` or `exec` one that runs.
static void command_ended(int status) {
  enum op op = state == PREPARING ? OP_CREATE : OP_START;
  command = 0;
  if (status) give_up(step_of(op), op, 0, "");
  if ((op == OP_CREATE || plan.exec) && !adopt_process()) give_up(step_of(op), op, errno, "the process it made");
  if (op == OP_START) return started();
  arrived();
}

static void reap(void) {
  struct signalfd_siginfo info;
  int status;
  (void)!read(signals, &info, sizeof info);
  // Until a command has ended, nobody knows which of its children is the container. The end of one may begin the next, whose end is
  // not for the loop below either, however soon it comes.
  while (command > 0) {
    if (waitpid(command, &status, WNOHANG) != command) return;
    command_ended(status);
  }
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid != shim.child) continue;
    child_ended = true;
    exit_status = status;
    ended_at = now_ns(CLOCK_REALTIME);
    deadline = now_ns(CLOCK_MONOTONIC) + 2 * SECOND;
  }
  if (plan.runtime && child_ended && state <= WAITING) give_up(step_of(OP_CREATE), OP_CREATE, ESRCH, "the process has ended");
}

// A zombie that never came through exec still bears PF_FORKNOEXEC.
static bool never_executed(void) {
  siginfo_t info = {0};
  static char path[32], content[512];
  if (waitid(P_PIDFD, shim.pidfd, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid == 0) return false;
  snprintf(path, sizeof path, "/proc/%d/stat", shim.child);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd >= 0 ? read(fd, content, sizeof content - 1) : -1;
  if (fd >= 0) close(fd);
  content[length > 0 ? length : 0] = 0;
  const char *field = strrchr(content, ')');
  for (int i = 0; field && i < 7; i++) field = strchr(field + 1, ' ');
  unsigned flags = 0;
  return field && sscanf(field, "%u", &flags) == 1 && (flags & 0x40);
}

static void started(void) {
  if (shim.sync >= 0) close(shim.sync);
  shim.sync = -1;
  started_at = now_ns(CLOCK_REALTIME);
  state = RUNNING;
  oom_watch = watch_oom(&oom_before_kill);
  oom_seen = shim.oom_before;
  struct { uint32_t pid, unconfined; uint64_t at; } message = {shim.child, confine_monitor(), started_at};
  tell_all('S', &message, sizeof message);
}

// Version 1 also tells of the cgroup's removal, version 2 of limits that were reached without a kill.
static void hear_oom(void) {
  static char content[4096];
  while (read(oom_watch, content, sizeof content) > 0) {}
  uint64_t kills = oom_kills();
  if (state == RUNNING && (oom_before_kill || kills > oom_seen)) tell_all('O', NULL, 0);
  oom_seen = kills;
}

static void hear_child(void) {
  struct { char type; struct failure failure; } message = {0};
  ssize_t length;
  int fd = receive_fd(shim.sync, &message, sizeof message, &length);
  if (length == sizeof message && message.type == 'F') {
    give_up(message.failure.step, message.failure.op, message.failure.error, message.failure.text);
  }
  if (length >= 1 && message.type == 'T' && plan.tty && shim.out < 0) {
    fcntl(shim.out = fd, F_SETFL, O_RDWR | O_NONBLOCK);
  } else if (length >= 1 && message.type == 'G' && state == PREPARING && plan.runtime) {
    command = shim.child;
    (void)!write(shim.sync, "g", 1);                      // the network is there: go on to `create`
  } else if (length == 0 && plan.runtime) {
    close(shim.sync);                                     // the command itself: its end tells the rest
    shim.sync = -1;
  } else if (length >= 1 && message.type == 'G' && state == PREPARING) {
    arrived();
  } else if (length >= 1 && message.type == 'S' && state == STARTING) {
    started();
  } else if (length == 0 && state == STARTING && !never_executed()) {
    started();
  } else {
    give_up(0, OP_CLONE, oom_kills() > shim.oom_before ? ENOMEM : ESRCH, "the child has ended");
  }
}

// Renamed into place, so that whoever looks finds all of it; the caller syncs and closes the fd, -1 if there is none.
static int write_record(void) {
  static char content[512];
  int length = snprintf(content, sizeof content,
                        "{\"boot\":\"%s\",\"token\":\"%s\",\"code\":%u,\"oom\":%s,\"at\":\"%llu\"}\n", plan.boot,
                        plan.token, ending.code, oom ? "true" : "false", (unsigned long long)ending.at);
  int fd = openat(FD_DIRECTORY, "exit.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  if (write(fd, content, length) != length || renameat(FD_DIRECTORY, "exit.new", FD_DIRECTORY, "exit")) {
    close(fd);
    return -1;
  }
  return fd;
}

// Whether somebody who still reads has the rest of the output before him; who has taken nothing for ten seconds is cut off.
static bool being_read(bool all) {
  bool reading = false;
  for (struct client *c = clients; c < clients + CLIENTS; c++) {
    if (c->kind != ATTACHED || c->length == 0 || (!all && !is_full(c))) continue;
    if (now_ns(CLOCK_MONOTONIC) - c->progress > 10 * SECOND) drop(c);
    else reading = true;
  }
  return reading;
}

static void end(void) {
  log_end();
  for (int fd = FD_RESERVED; fd < FD_RESERVED + (int)plan.reserved; fd++) close(fd);
  for (int i = 0; i < held_count; i++) close(held[i]);
  relay_end();
  close_resolver();
  if (shim.net >= 0) close(shim.net);                     // the namespace goes with the last who holds it
  shim.net = -1;
  oom = oom_kills() > shim.oom_before;
  ending.code = WIFSIGNALED(exit_status) ? 128 + WTERMSIG(exit_status) : WEXITSTATUS(exit_status);
  ending.oom = oom;
  ending.at = ended_at;
  int record = write_record();
  state = TOLD;
  tell_all('X', &ending, sizeof ending);
  for (struct client *c = clients; c < clients + CLIENTS; c++) {
    if (c->kind != ATTACHED) continue;
    c->ending = true;
    flush(c);
  }
  // A kill loses nothing from here on; only for a loss of power is the disk waited for, and nobody waits along.
  if (record >= 0) {
    fsync(record);
    close(record);
  }
  remove_cgroups();
  let_mounts_go();
}

static void advance(void) {
  uint64_t now = now_ns(CLOCK_MONOTONIC);
  if (state <= WAITING && (abandoned || (controls() == 0 && now - born > PATIENCE))) give_up(0, OP_NONE, ECANCELED, "");
  if (state <= STARTING || !child_ended) return;
  if (state == RUNNING) {
    state = ENDED;
    // Without a pid namespace of its own the init takes nobody along.
    if (!plan.exec && !plan.new_pid) kill_cgroup();
  }
  if (state == ENDED) {
    // The pipe may be held open by somebody who has outlived the process.
    bool drained = shim.out < 0 && shim.err < 0;
    if (drained || (now >= deadline && !being_read(false))) end();
  }
  if (state != TOLD || (controls() > 0 && !released)) return;
  // The engine has let go, or is gone and will find the record. Readers get what is theirs first.
  if (!being_read(true)) _exit(0);
}

static int patience(void) {
  uint64_t now = now_ns(CLOCK_MONOTONIC);
  if (state <= WAITING && controls() == 0) return 100;
  if (state == ENDED) return now < deadline ? (int)((deadline - now) / 1000000u) + 1 : 500;
  return state < ENDED || (controls() > 0 && !released) ? -1 : 500;
}

static int sooner(int a, int b) { return a < 0 || (b >= 0 && b < a) ? b : a; }

static void turn(void) {
  static struct pollfd fds[CLIENTS + 7 + RELAY_FDS];
  int count = 0;
  struct client *who[CLIENTS + 7];
  // What a command that makes a process says to the same streams is nobody's output, if it fails.
  bool making = command > 0 && (state == PREPARING || plan.exec);
  fds[count++] = (struct pollfd){signals, POLLIN, 0};
  fds[count++] = (struct pollfd){FD_LISTEN, POLLIN, 0};
  fds[count++] = (struct pollfd){shim.sync, POLLIN, 0};
  fds[count++] = (struct pollfd){shim.out >= 0 && !making && has_room(0) ? shim.out : -1, POLLIN | (plan.tty && input_length ? POLLOUT : 0), 0};
  fds[count++] = (struct pollfd){shim.err >= 0 && !making && has_room(1) ? shim.err : -1, POLLIN, 0};
  fds[count++] = (struct pollfd){input_length ? shim.in : -1, POLLOUT, 0};
  fds[count++] = (struct pollfd){oom_watch, POLLIN, 0};
  int fixed = count;
  for (struct client *c = clients; c < clients + CLIENTS; c++) {
    if (c->kind == FREE) continue;
    bool listen = !c->deaf && !((c->streams & STDIN) && input_length);
    // Nothing to ask of it for now, not even whether it has hung up: its last input is still to be heard.
    bool later = !listen && !c->deaf && !c->length;
    who[count] = c;
    fds[count++] = (struct pollfd){later ? -1 : c->fd, (listen ? POLLIN : 0) | (c->length ? POLLOUT : 0), 0};
  }
  int others = count;
  if (state == RUNNING) count += relay_wants(fds + others);
  if (poll(fds, count, sooner(patience(), relay_patience())) < 0) return;
  if (fds[6].revents) hear_oom();
  if (fds[0].revents) reap();
  if (fds[3].revents & (POLLIN | POLLHUP | POLLERR)) pump(0);
  if (fds[4].revents) pump(1);
  // The child's word comes after its output: what it failed of may have been said there.
  if (fds[2].revents) hear_child();
  if (count > others) relay_serve(fds + others);
  for (int i = fixed; i < others; i++) {
    struct client *c = who[i];
    short happened = fds[i].revents;
    if (c->fd != fds[i].fd || !happened) continue;
    if (happened & POLLOUT) flush(c);
    if (c->kind == FREE) continue;
    if (!c->deaf && (happened & (POLLIN | POLLHUP | POLLERR))) hear(c);
    else if (c->deaf && (happened & (POLLHUP | POLLERR))) drop(c);
  }
  if (fds[1].revents) take_connection();
  feed();
}

void monitor(void) {
  sigset_t all;
  sigfillset(&all);
  signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  fcntl(FD_LISTEN, F_SETFL, O_RDWR | O_NONBLOCK);
  born = now_ns(CLOCK_MONOTONIC);
  if (plan.runtime && plan.exec) state = WAITING;         // whoever says hello is told
  for (;;) {
    turn();
    // An engine that vanished before it said go wants no container.
    if (met && controls() == 0 && state <= WAITING) abandoned = true;
    advance();
  }
}
