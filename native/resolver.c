// The resolver's sockets in the container's network namespace. They stand at a port that the kernel chose, and a program that the
// kernel asks where a packet belongs (sk_lookup) sends what comes to the resolver's address there: port 53 is the container's own.
#include "shim.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct resolver resolver = {.udp = -1, .tcp = -1, .raw = -1, .link = -1};

static int bpf(int command, union bpf_attr *attributes) { return syscall(SYS_bpf, command, attributes, sizeof *attributes); }

#define FIELD(name) offsetof(struct bpf_sk_lookup, name)
#define LOAD(to, field) {.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = to, .src_reg = 6, .off = FIELD(field)}
#define UNLESS(reg, value, skip) {.code = BPF_JMP32 | BPF_JNE | BPF_K, .dst_reg = reg, .off = skip, .imm = (int32_t)(value)}
#define SET(reg, value) {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = reg, .imm = value}
#define COPY(to, from) {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from}
#define CALL(function) {.code = BPF_JMP | BPF_CALL, .imm = function}

// Packets to the address and port are given to the map's first socket (UDP) or second (TCP); all others go their way.
static int load_program(int map, uint32_t address, uint16_t port) {
  struct bpf_insn program[] = {
    COPY(6, 1),
    LOAD(2, local_ip4), UNLESS(2, htonl(address), 20),
    LOAD(2, local_port), UNLESS(2, port, 18),
    SET(3, 0),
    LOAD(2, protocol), UNLESS(2, IPPROTO_TCP, 1),
    SET(3, 1),
    {.code = BPF_STX | BPF_MEM | BPF_W, .dst_reg = 10, .src_reg = 3, .off = -4},
    COPY(2, 10), {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4},
    {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map}, {0},
    CALL(BPF_FUNC_map_lookup_elem),
    {.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .off = 7, .imm = 0},
    COPY(7, 0),
    COPY(1, 6), COPY(2, 7), SET(3, 0), CALL(BPF_FUNC_sk_assign),
    COPY(1, 7), CALL(BPF_FUNC_sk_release),
    SET(0, SK_PASS), {.code = BPF_JMP | BPF_EXIT},
  };
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_SK_LOOKUP, .insn_cnt = sizeof program / sizeof *program};
  load.expected_attach_type = BPF_SK_LOOKUP;
  load.insns = (uintptr_t)program;
  load.license = (uintptr_t)"GPL";
  return bpf(BPF_PROG_LOAD, &load);
}

static int attach(int program, int netns) {
  union bpf_attr link = {0};
  link.link_create.prog_fd = program;
  link.link_create.target_fd = netns;
  link.link_create.attach_type = BPF_SK_LOOKUP;
  return bpf(BPF_LINK_CREATE, &link);
}

static bool put(int map, uint32_t key, int socket) {
  uint64_t value = socket;
  union bpf_attr update = {.map_fd = map, .key = (uintptr_t)&key};
  update.value = (uintptr_t)&value;
  return !bpf(BPF_MAP_UPDATE_ELEM, &update);
}

static int bound(int type, uint32_t address, uint16_t port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
  int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;
  // Connections stand at port 53, and must not keep a server of the container's from it.
  if (fd >= 0 && type == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (fd >= 0 && (bind(fd, (struct sockaddr *)&at, sizeof at) || (type == SOCK_STREAM && listen(fd, 64)))) {
    close(fd);
    return -1;
  }
  return fd;
}

static bool steer(int netns) {
  union bpf_attr create = {.map_type = BPF_MAP_TYPE_SOCKMAP, .key_size = 4, .value_size = 8, .max_entries = 2};
  int map = bpf(BPF_MAP_CREATE, &create);
  int program = map >= 0 ? load_program(map, resolver.address, resolver.port) : -1;
  if (program >= 0 && put(map, 0, resolver.udp) && put(map, 1, resolver.tcp)) resolver.link = attach(program, netns);
  if (program >= 0) close(program);
  if (map >= 0) close(map);
  return resolver.link >= 0;
}

static bool open_sockets(int netns) {
  resolver.udp = bound(SOCK_DGRAM, resolver.address, 0);
  resolver.tcp = bound(SOCK_STREAM, resolver.address, 0);
  resolver.raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
  if (resolver.udp < 0 || resolver.tcp < 0) return false;
  if (resolver.raw >= 0 && steer(netns)) return true;
  // A kernel without such programs: the port itself, which the container then cannot have at this address.
  close(resolver.udp);
  close(resolver.tcp);
  if (resolver.raw >= 0) close(resolver.raw);
  resolver.raw = -1;
  resolver.udp = bound(SOCK_DGRAM, resolver.address, resolver.port);
  resolver.tcp = bound(SOCK_STREAM, resolver.address, resolver.port);
  return resolver.udp >= 0 && resolver.tcp >= 0;
}

bool open_resolver(int netns, uint32_t address, uint16_t port) {
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0 || setns(netns, CLONE_NEWNET)) return false;
  resolver.address = address;
  resolver.port = port;
  bool done = open_sockets(netns);
  int error = errno;
  if (setns(home, CLONE_NEWNET)) _exit(1);
  close(home);
  errno = error;
  return done;
}

// An answer by UDP comes from the port that was asked, which is not the one that the socket is bound to.
void answer_datagram(const void *bytes, size_t size, const struct sockaddr_in *to) {
  static unsigned char packet[28 + 65507];
  if (resolver.raw < 0) {
    (void)!sendto(resolver.udp, bytes, size, MSG_DONTWAIT, (const struct sockaddr *)to, sizeof *to);
    return;
  }
  if (size > sizeof packet - 28) return;
  memset(packet, 0, 28);
  uint32_t from = htonl(resolver.address);
  uint16_t ports[2] = {htons(resolver.port), to->sin_port}, length = htons(8 + size);
  packet[0] = 0x45;
  packet[8] = 64;                                         // hops
  packet[9] = IPPROTO_UDP;
  memcpy(packet + 12, &from, 4);
  memcpy(packet + 16, &to->sin_addr, 4);
  memcpy(packet + 20, ports, 4);
  memcpy(packet + 24, &length, 2);
  memcpy(packet + 28, bytes, size);
  struct sockaddr_in next = {.sin_family = AF_INET, .sin_addr = to->sin_addr};
  (void)!sendto(resolver.raw, packet, 28 + size, MSG_DONTWAIT, (struct sockaddr *)&next, sizeof next);
}

void close_resolver(void) {
  int *fds[] = {&resolver.udp, &resolver.tcp, &resolver.raw, &resolver.link};
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
    if (*fds[i] >= 0) close(*fds[i]);
    *fds[i] = -1;
  }
}
