// What `tug run`, `tug exec` and `tug cp` do before the command line's own runtime is even begun: the words go to the engine as they are,
// and if it takes them, what comes back is written out. It knows no option and no error of Docker's: whatever the engine does not
// take whole is left to the program behind, as though nothing had been. No C library is there yet; nothing is kept but the stack.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <asm/unistd.h>
#include <linux/signal.h>
#include <linux/socket.h>
#include <linux/un.h>
#include <sys/poll.h>

enum { AF_UNIX_ = 1, STREAM = 1 | 02000000 /* SOCK_CLOEXEC */, NO_SIGNAL = 0x4000, NO_WAIT = 0x40, SHUT_WRITE = 1 };
enum { MAX_WORDS = 60000, MAX_HEAD = 4096, MAX_ENDING = 4096, MAX_CONFIG = 65536, PIECE = 65536 };
enum { ENOENT_ = 2, EINTR_ = 4, EAGAIN_ = 11, ENOSPC_ = 28, EPIPE_ = 32 };

__asm__(
  ".section .text.entry,\"ax\"\n"
  "original: .quad 0\n"                                  // where the program behind begins: written by tools/put-front.ts
  ".globl entry\n"
  "entry:\n"
  "  mov %rsp, %rdi\n"
  "  push %rdx\n"                                        // the dynamic linker's own end, for the program behind
  "  sub $8, %rsp\n"                                     // a call wants the stack at a multiple of 16
  "  call front\n"
  "  add $8, %rsp\n"
  "  pop %rdx\n"
  "  jmp *original(%rip)\n"
  ".text\n");

static inline long call6(long n, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}
#define CALL(name, a, b, c) call6(__NR_##name, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL4(name, a, b, c, d) call6(__NR_##name, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

static size_t length(const char *text) {
  size_t n = 0;
  while (text[n]) n++;
  return n;
}

static bool begins(const char *text, const char *with) {
  while (*with && *text == *with) text++, with++;
  return *with == 0;
}

static bool same(const char *one, const char *other) { return begins(one, other) && begins(other, one); }

// Finds `word` in a text that ends with a NUL; what follows it, or NULL.
static const char *after(const char *text, const char *word) {
  for (; *text; text++)
    if (begins(text, word)) return text + length(word);
  return NULL;
}

struct pieces { char *at, *end; };

static void add(struct pieces *into, const char *text, size_t size) {
  if ((size_t)(into->end - into->at) < size) { into->at = into->end; return; }  // full: seen by who sends it
  for (size_t i = 0; i < size; i++) into->at[i] = text[i];
  into->at += size;
}

static void add_text(struct pieces *into, const char *text) { add(into, text, length(text)); }

static void add_number(struct pieces *into, size_t number) {
  char digits[20];
  int at = sizeof digits;
  do digits[--at] = '0' + number % 10; while (number /= 10);
  add(into, digits + at, sizeof digits - at);
}

// Whether these words may be a line for the engine: `run`, `exec`, `cp`, and each after `container`.
static bool is_line(long count, char **words) {
  if (count < 3) return false;
  const char *word = same(words[1], "container") ? words[2] : words[1];
  return same(word, "run") || same(word, "exec") || same(word, "cp");
}

// Where an engine usually is; called as `docker`, the program looks in two places.
static const char *usual_path(const char *name) {
  for (const char *at = name; *at; at++)
    if (*at == '/') name = at + 1;
  return same(name, "docker") ? NULL : "/run/tug/tug.sock";
}

// Whether config.json says nothing that changes a line: what it may say beside logins is the program's to read.
static bool is_plain_config(const char *directory, const char *below) {
  char path[512], text[MAX_CONFIG];
  struct pieces name = {path, path + sizeof path - 1};
  add_text(&name, directory), add_text(&name, below), add_text(&name, "/config.json");
  if (name.at == name.end) return false;
  *name.at = 0;
  long file = CALL(open, path, 02000000 /* O_CLOEXEC */, 0);
  if (file < 0) return file == -ENOENT_;
  long size = CALL(read, file, text, sizeof text);
  CALL(close, file, 0, 0);
  if (size < 0 || size >= (long)sizeof text) return false;
  text[size] = 0;
  static const char said[][16] = {"\"proxies", "\"currentContext", "\"detachKeys", "\"HttpHeaders", "\\u"};
  for (size_t i = 0; i < sizeof said / sizeof *said; i++)
    if (after(text, said[i])) return false;
  return true;
}

// The engine's socket as the variables name it; NULL where one of them says more than where things are.
static const char *socket_path(const char *program, char **variables) {
  const char *host = NULL, *older = NULL, *home = NULL, *config = NULL;
  for (; *variables; variables++) {
    const char *one = *variables;
    if (begins(one, "HOME=")) home = one + 5;
    else if (begins(one, "TUG_HOST=")) host = one + 9;
    else if (begins(one, "DOCKER_HOST=")) older = one + 12;
    else if (begins(one, "DOCKER_CONFIG=")) config = one + 14;
    else if (begins(one, "DOCKER_") || begins(one, "TRACEPARENT=")) return NULL;
  }
  bool is_plain = config && *config ? is_plain_config(config, "") : home && is_plain_config(home, "/.docker");
  if (!is_plain) return NULL;
  if (!host || !*host) host = older;
  if (!host || !*host) return usual_path(program);
  return begins(host, "unix:///") ? host + 7 : NULL;
}

static long connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX_};
  if (length(path) >= sizeof address.sun_path) return -1;
  for (size_t i = 0; path[i]; i++) address.sun_path[i] = path[i];
  long connection = CALL(socket, AF_UNIX_, STREAM, 0);
  if (connection < 0) return -1;
  if (CALL(connect, connection, &address, sizeof address) == 0) return connection;
  CALL(close, connection, 0, 0);
  return -1;
}

static void wait_for(long file, short events) {
  struct pollfd one = {(int)file, events, 0};
  CALL(poll, &one, 1, -1);
}

// Sends all of it; false when nobody listens any more.
static bool send_all(long connection, const char *bytes, size_t size) {
  while (size > 0) {
    long sent = call6(__NR_sendto, connection, (long)bytes, (long)size, NO_SIGNAL, 0, 0);
    if (sent == -EINTR_) continue;
    if (sent < 0) return false;
    bytes += sent, size -= sent;
  }
  return true;
}

// Asks the engine to take the line.
static bool ask(long connection, long count, char **words) {
  char text[MAX_WORDS + 512];
  size_t size = count - 1;
  for (long i = 0; i < count; i++) size += length(words[i]);
  if (size > MAX_WORDS) return false;
  struct pieces request = {text, text + sizeof text};
  add_text(&request, "POST /tug/line HTTP/1.1\r\nHost: tug\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: ");
  add_number(&request, size), add_text(&request, "\r\n\r\n");
  for (long i = 0; i < count; i++) add(&request, words[i], length(words[i]) + (i + 1 < count));
  return send_all(connection, text, request.at - text);
}

// Reads the head of the answer, up to its empty line and no further, as a text; false when the engine does not take the line.
static bool read_head(long connection, char *head) {
  static const char taken[] = "HTTP/1.1 101";
  size_t size = 0;
  for (;;) {
    long some = call6(__NR_recvfrom, connection, (long)(head + size), MAX_HEAD - 1 - size, 2 /* MSG_PEEK */, 0, 0);
    if (some == -EINTR_) continue;
    if (some <= 0) return false;
    head[size + some] = 0;
    const char *end = after(head, "\r\n\r\n");
    long wanted = end ? end - head - (long)size : some;
    CALL(read, connection, head + size, wanted);
    size += wanted;
    head[size] = 0;
    if (end) return begins(head, taken);
    if (size == MAX_HEAD - 1) return false;
  }
}

struct session {
  const char *path, *container;                          // container: whose signals are passed on, or NULL
  long connection, signals;                              // signals: fd, or -1
  bool input;
  unsigned char head[8];
  uint32_t have, left;                                   // of the head; of the frame's payload
  char ending[MAX_ENDING];
  size_t ended;
};

static __attribute__((noreturn)) void leave(int code) {
  for (;;) CALL(exit_group, code, 0, 0);
}

static void complain(const char *text) { CALL(write, 2, text, length(text)); }

// Writes all of it, waiting where the user's file or pipe does not.
static void put(int file, const char *bytes, size_t size) {
  while (size > 0) {
    long written = CALL(write, file, bytes, size);
    if (written == -EINTR_) continue;
    if (written == -EAGAIN_) { wait_for(file, POLLOUT); continue; }
    if (written < 0) {
      complain(file == 1 ? "write /dev/stdout: " : "write /dev/stderr: ");
      complain(written == -EPIPE_ ? "broken pipe\n" : written == -ENOSPC_ ? "no space left on device\n" : "input/output error\n");
      leave(1);
    }
    bytes += written, size -= written;
  }
}

// How the process ended: what the engine says in the last frame.
static __attribute__((noreturn)) void finish(struct session *s) {
  s->ending[s->ended] = 0;
  const char *code = after(s->ending, "{\"StatusCode\":");
  int number = 0;
  if (!code) complain("unexpected EOF\n"), leave(125);
  for (; *code >= '0' && *code <= '9'; code++) number = number * 10 + (*code - '0');
  leave(number);
}

// Takes frames apart (`[stream, 0, 0, 0, length u32 big-endian]`) and writes out what is in them.
static void take(struct session *s, const char *bytes, size_t size) {
  while (size > 0) {
    if (s->left == 0) {
      s->head[s->have++] = *bytes++, size--;
      if (s->have < 8) continue;
      s->left = (uint32_t)s->head[4] << 24 | s->head[5] << 16 | s->head[6] << 8 | s->head[7];
      if (s->left == 0) s->have = 0;
      continue;
    }
    size_t some = size < s->left ? size : s->left;
    if (s->head[0] <= 2) put(s->head[0], bytes, some);
    else for (size_t i = 0; i < some && s->ended < MAX_ENDING - 1; i++) s->ending[s->ended++] = bytes[i];
    bytes += some, size -= some, s->left -= some;
    if (s->left > 0) continue;
    if (s->head[0] > 2) finish(s);
    s->have = 0;
  }
}

static void receive(struct session *s) {
  char bytes[PIECE];
  long some = CALL(read, s->connection, bytes, sizeof bytes);
  if (some == -EINTR_) return;
  if (some <= 0) finish(s);
  take(s, bytes, some);
}

// The names of what is passed on, by number; SIGPIPE is only held back, so that writing to who has gone fails.
static const char names[][8] = {
  [1] = "HUP", [2] = "INT", [3] = "QUIT", [10] = "USR1", [12] = "USR2", [14] = "ALRM", [15] = "TERM", [18] = "CONT",
  [20] = "TSTP", [21] = "TTIN", [22] = "TTOU", [28] = "WINCH",
};
enum { PIPE_SIGNAL = 13, NAMES = sizeof names / sizeof *names };

static long catch_signals(void) {
  uint64_t passed = 0, held = 1ull << (PIPE_SIGNAL - 1);
  for (int i = 1; i < NAMES; i++)
    if (names[i][0]) passed |= 1ull << (i - 1);
  held |= passed;
  CALL4(rt_sigprocmask, SIG_BLOCK, &held, 0, sizeof held);
  return CALL4(signalfd4, -1, &passed, sizeof passed, 02000000 /* SFD_CLOEXEC */);
}

static void pass_signal(struct session *s) {
  struct { uint32_t number; char rest[124]; } info;      // signalfd_siginfo
  char text[512];
  if (CALL(read, s->signals, &info, sizeof info) != (long)sizeof info || info.number >= NAMES) return;
  long connection = connect_to(s->path);
  if (connection < 0) return;
  struct pieces request = {text, text + sizeof text};
  add_text(&request, "POST /containers/"), add(&request, s->container, 64), add_text(&request, "/kill?signal=");
  add_text(&request, names[info.number]);
  add_text(&request, " HTTP/1.1\r\nHost: tug\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  // A container that is gone needs no signal: whatever is answered, its exit is on its way.
  if (send_all(connection, text, request.at - text)) CALL(read, connection, text, sizeof text);
  CALL(close, connection, 0, 0);
}

// What is typed goes in; it waits where the container does not read, and output goes on meanwhile.
static void copy_input(struct session *s) {
  char bytes[PIECE];
  long some = CALL(read, 0, bytes, sizeof bytes);
  if (some == -EINTR_ || some == -EAGAIN_) return;
  if (some <= 0) {
    s->input = false;
    CALL(shutdown, s->connection, SHUT_WRITE, 0);
    return;
  }
  for (long done = 0; done < some;) {
    long sent = call6(__NR_sendto, s->connection, (long)(bytes + done), some - done, NO_SIGNAL | NO_WAIT, 0, 0);
    if (sent > 0) { done += sent; continue; }
    if (sent == -EINTR_) continue;
    if (sent != -EAGAIN_) { s->input = false; return; }  // its output and its exit still count
    struct pollfd wait[2] = {{(int)s->connection, POLLIN | POLLOUT, 0}, {(int)s->signals, POLLIN, 0}};
    CALL(poll, wait, 2, -1);
    if (wait[0].revents & (POLLIN | POLLHUP)) receive(s);
    if (wait[1].revents & POLLIN) pass_signal(s);
  }
}

static __attribute__((noreturn)) void join(struct session *s) {
  for (;;) {
    struct pollfd wait[3] = {
      {(int)s->connection, POLLIN, 0}, {(int)s->signals, POLLIN, 0}, {s->input ? 0 : -1, POLLIN, 0}};
    CALL(poll, wait, 3, -1);
    if (wait[1].revents & POLLIN) pass_signal(s);
    if (wait[0].revents) receive(s);
    else if (wait[2].revents) copy_input(s);
  }
}

// Comes back where the line is the program's own to do.
__attribute__((used)) void front(uint64_t *stack) {
  long count = (long)stack[0];
  char **words = (char **)(stack + 1), **variables = words + count + 1;
  if (!is_line(count, words)) return;
  const char *path = socket_path(words[0], variables);
  long connection = path ? connect_to(path) : -1;
  if (connection < 0) return;
  char head[MAX_HEAD];
  if (!ask(connection, count, words) || !read_head(connection, head)) {
    CALL(close, connection, 0, 0);
    return;
  }
  struct session session = {.path = path, .connection = connection, .signals = -1};
  session.container = after(head, "\r\nTug-Container: ");
  session.input = after(head, "\r\nTug-Input: ") != NULL;
  if (session.container) session.signals = catch_signals();
  join(&session);
}
