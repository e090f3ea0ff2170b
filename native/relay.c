// What the monitor passes on: the container's questions about names to the engine, and what comes to a published port of another
// protocol family, or of the host's ::1, to the container. Nothing is allocated; who finds no room waits in the kernel's queue.
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { RELAYS = 48, LISTENERS = 256, SPAN = 16384 };
#define SECOND 1000000000ull
#define IDLE (90 * SECOND)                                // of a datagram's sender
#define ENGINE (10 * SECOND)                              // how long a question waits for an engine

static struct listener {
  int fd;
  bool datagrams, names;                                  // names: to the engine; otherwise to the address
  struct sockaddr_in to;
} listeners[LISTENERS];
static int listening;
static bool busy;                                         // as of the last poll: some relay is in use

static struct relay {
  const struct listener *from;                            // NULL: free
  int a, b;                                               // who asks (-1: by datagram), and who is asked (-1: not there yet)
  bool connecting, a_ended, b_ended;
  uint64_t deadline;                                      // 0: none
  struct sockaddr_in6 client;
  socklen_t client_size;
  uint32_t up_at, up, down_at, down;                      // bytes on their way from a to b, and back
} relays[RELAYS];
static unsigned char ups[RELAYS][SPAN] __attribute__((aligned(4096))), downs[RELAYS][SPAN] __attribute__((aligned(4096)));

static uint64_t now(void) { return now_ns(CLOCK_MONOTONIC); }

bool relay_listen(int fd, bool datagrams, const struct sockaddr_in *to) {
  int place = 0;
  while (place < listening && listeners[place].fd >= 0) place++;
  if (place == LISTENERS) return false;
  struct listener *l = &listeners[place];
  *l = (struct listener){.fd = fd, .datagrams = datagrams, .names = !to};
  if (to) l->to = *to;
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  // Its connections that are still dying must not keep the next container from the port; while it listens, nobody else gets in.
  int yes = 1;
  if (to && !datagrams) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (to && !datagrams && listen(fd, 128)) {
    l->fd = -1;
    return false;
  }
  if (place == listening) listening++;
  return true;
}

static void drop(struct relay *r) {
  if (r->a >= 0) close(r->a);
  if (r->b >= 0) close(r->b);
  memset(r, 0, sizeof *r);
}

// The socket is the listener's no more; what it has begun goes with it.
void relay_forget(int fd) {
  for (int i = 0; i < listening; i++) {
    if (listeners[i].fd != fd) continue;
    for (struct relay *r = relays; r < relays + RELAYS; r++) if (r->from == &listeners[i]) drop(r);
    listeners[i].fd = -1;
  }
}

bool relay_turn(int fd, uint32_t address) {
  for (int i = 0; i < listening; i++) {
    if (listeners[i].fd != fd || listeners[i].names) continue;
    listeners[i].to.sin_addr.s_addr = htonl(address);
    return true;
  }
  return false;
}

void relay_end(void) {
  for (struct relay *r = relays; r < relays + RELAYS; r++) if (r->from) drop(r);
  listening = 0;
}

static struct relay *free_relay(void) {
  for (struct relay *r = relays; r < relays + RELAYS; r++) if (!r->from) return r;
  return NULL;
}

// To the engine's resolver, or to the container. False: it is not there now.
static bool reach(struct relay *r) {
  static const struct sockaddr_un engine = {.sun_family = AF_UNIX, .sun_path = "/proc/self/fd/6/../../resolver.sock"};
  const struct listener *l = r->from;
  int type = SOCK_NONBLOCK | SOCK_CLOEXEC | (l->datagrams && !l->names ? SOCK_DGRAM : SOCK_STREAM);
  r->b = socket(l->names ? AF_UNIX : AF_INET, type, 0);
  if (r->b < 0) return false;
  int result = l->names ? connect(r->b, (const struct sockaddr *)&engine, sizeof engine)
                        : connect(r->b, (const struct sockaddr *)&l->to, sizeof l->to);
  r->connecting = result && errno == EINPROGRESS;
  if (!result || r->connecting) return true;
  close(r->b);
  r->b = -1;
  return false;
}

// Who asks: `TUG`, version, `D`, 1 by TCP or 0, the length of the container's id and the id.
static void introduce(struct relay *r) {
  unsigned char *to = ups[r - relays];
  size_t length = strlen(plan.id);
  memcpy(to, "TUG\1D", 5);
  to[5] = !r->from->datagrams;
  to[6] = length;
  memcpy(to + 7, plan.id, length);
  r->up = 7 + length;
}

static struct relay *begin(const struct listener *l, int a) {
  struct relay *r = free_relay();
  *r = (struct relay){.from = l, .a = a, .b = -1, .a_ended = l->datagrams};
  if (l->names) introduce(r);
  if (!reach(r) && !l->names) {
    drop(r);
    return NULL;
  }
  if (l->names) r->deadline = now() + ENGINE;
  return r;
}

// A question, with its length in front as it would have over TCP.
static void take_question(const struct listener *l) {
  static unsigned char bytes[4096];
  struct sockaddr_in client;
  socklen_t size = sizeof client;
  ssize_t length = recvfrom(l->fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&client, &size);
  if (length < 12) return;
  struct relay *r = begin(l, -1);
  if (!r) return;
  memcpy(&r->client, &client, r->client_size = sizeof client);
  unsigned char *to = ups[r - relays] + r->up;
  to[0] = length >> 8;
  to[1] = length;
  memcpy(to + 2, bytes, length);
  r->up += 2 + length;
}

static void take_datagram(const struct listener *l) {
  static unsigned char bytes[65536];
  struct sockaddr_in6 client;
  socklen_t size = sizeof client;
  ssize_t length = recvfrom(l->fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&client, &size);
  if (length < 0) return;
  struct relay *r = relays;
  while (r < relays + RELAYS && !(r->from == l && r->client_size == size && !memcmp(&r->client, &client, size))) r++;
  if (r == relays + RELAYS) {
    // The one that has been silent longest makes room.
    if (!free_relay()) {
      struct relay *oldest = NULL;
      for (struct relay *o = relays; o < relays + RELAYS; o++)
        if (o->from->datagrams && !o->from->names && (!oldest || o->deadline < oldest->deadline)) oldest = o;
      if (!oldest) return;
      drop(oldest);
    }
    r = begin(l, -1);
    if (!r) return;
    memcpy(&r->client, &client, r->client_size = size);
  }
  r->deadline = now() + IDLE;
  (void)!send(r->b, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void give_datagram(struct relay *r) {
  static unsigned char bytes[65536];
  ssize_t length = recv(r->b, bytes, sizeof bytes, MSG_DONTWAIT);
  if (length < 0) return;                                 // also: nobody listens in the container
  r->deadline = now() + IDLE;
  (void)!sendto(r->from->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&r->client, r->client_size);
}

static void take_stream(const struct listener *l) {
  int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) begin(l, fd);
}

// An answer is whole: its length stands in front.
static bool answered(struct relay *r) {
  const unsigned char *bytes = downs[r - relays];
  uint32_t length = r->down >= 2 ? bytes[0] << 8 | bytes[1] : 0;
  if (r->down < 2 || r->down < 2 + length) return r->b_ended || r->down == SPAN;
  answer_datagram(bytes + 2, length, (struct sockaddr_in *)&r->client);
  return true;
}

static bool pour(int to, const unsigned char *bytes, uint32_t *at, uint32_t *length) {
  ssize_t sent = send(to, bytes + *at, *length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN || errno == EINTR;
  *at += sent;
  *length -= sent;
  if (!*length) *at = 0;
  return true;
}

static bool draw(int from, unsigned char *bytes, uint32_t *length, bool *ended) {
  ssize_t got = recv(from, bytes + *length, SPAN - *length, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) *ended = true;
  *length += got;
  return true;
}

// One turn of a connection; false: it is over.
static bool move(struct relay *r, short a, short b) {
  unsigned char *up = ups[r - relays], *down = downs[r - relays];
  enum { IN = POLLIN | POLLHUP | POLLERR };
  if (r->connecting && (b & (POLLOUT | POLLHUP | POLLERR))) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(r->b, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) return false;
    r->connecting = false;
  }
  bool gather = r->from->datagrams;                       // an answer is collected whole
  if (r->a >= 0 && !r->a_ended && !r->up && (a & IN)) {
    if (!draw(r->a, up, &r->up, &r->a_ended)) return false;
    if (r->a_ended && r->b >= 0 && !r->connecting) shutdown(r->b, SHUT_WR);
  }
  if (r->b >= 0 && !r->connecting && r->up) {
    if (!pour(r->b, up, &r->up_at, &r->up)) return false;
    if (!r->up && r->a_ended && !gather) shutdown(r->b, SHUT_WR);
  }
  if (r->b >= 0 && !r->connecting && !r->b_ended && (gather || !r->down) && (b & IN)) {
    if (!draw(r->b, down, &r->down, &r->b_ended)) return false;
    if (r->b_ended && !r->down && r->a >= 0) shutdown(r->a, SHUT_WR);
  }
  if (gather) return !answered(r);
  if (r->down) {
    if (!pour(r->a, down, &r->down_at, &r->down)) return false;
    if (!r->down && r->b_ended) shutdown(r->a, SHUT_WR);
  }
  // A side that has hung up for both directions will take no more.
  if ((a & (POLLHUP | POLLERR)) && r->a_ended) return false;
  return !(r->a_ended && r->b_ended && !r->up && !r->down);
}

int relay_wants(struct pollfd *fds) {
  int count = 0;
  bool room = free_relay();
  for (int i = 0; i < listening; i++) {
    const struct listener *l = &listeners[i];
    fds[count++] = (struct pollfd){room || (l->datagrams && !l->names) ? l->fd : -1, POLLIN, 0};
  }
  busy = false;
  for (struct relay *r = relays; r < relays + RELAYS; r++) busy |= r->from != NULL;
  if (!busy) return count;
  for (struct relay *r = relays; r < relays + RELAYS; r++) {
    bool session = r->from && r->from->datagrams && !r->from->names;
    short a = (!r->a_ended && !r->up ? POLLIN : 0) | (r->down ? POLLOUT : 0);
    short b = (r->connecting || r->up ? POLLOUT : 0) | (!r->b_ended && (session || r->a < 0 || !r->down) ? POLLIN : 0);
    fds[count++] = (struct pollfd){r->from && r->a >= 0 && a ? r->a : -1, a, 0};
    fds[count++] = (struct pollfd){r->from && r->b >= 0 && b ? r->b : -1, b, 0};
  }
  return count;
}

void relay_serve(const struct pollfd *fds) {
  const struct pollfd *pairs = fds + listening;
  for (int i = 0; busy && i < RELAYS; i++) {
    struct relay *r = &relays[i];
    short a = pairs[2 * i].revents, b = pairs[2 * i + 1].revents;
    if (!r->from) continue;
    if (r->deadline && now() > r->deadline) drop(r);
    else if (r->b < 0 && !reach(r)) continue;             // the engine is away: later
    else if (r->from->datagrams && !r->from->names) b ? give_datagram(r) : (void)0;
    else if ((a || b || r->up) && !move(r, a, b)) drop(r);
  }
  for (int i = 0; i < listening; i++) {
    struct listener *l = &listeners[i];
    if (!fds[i].revents || l->fd < 0) continue;
    if (l->datagrams && !l->names) take_datagram(l);
    else if (!free_relay()) continue;
    else if (l->datagrams) take_question(l);
    else take_stream(l);
  }
}

int relay_patience(void) {
  int patience = -1;
  for (struct relay *r = relays; r < relays + RELAYS; r++) {
    if (!r->from) continue;
    if (r->b < 0) return 100;
    if (r->deadline) patience = 1000;
  }
  return patience;
}
