// What the shim's files share. See README.md for the life of a shim.
#ifndef TUG_SHIM_H
#define TUG_SHIM_H
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The socket a shim is born with, and the fds the engine then passes over it, in this order.
enum { FD_WORK = 3, FD_PLAN = 4, FD_LISTEN = 5, FD_DIRECTORY = 6, FD_TREE = 7, FD_RESERVED = 8 };

enum op {
  OP_NONE, OP_CGROUP_MAKE, OP_WRITE, OP_CGROUP_JOIN, OP_CGROUP_INTO, OP_OOM_WATCH, OP_CGROUP_KILL,
  OP_DEVICE_PROGRAM,
  OP_JOIN_NAMESPACE, OP_JOIN_INIT, OP_CLONE, OP_ID_MAP, OP_NET_HOST, OP_NET_INSIDE, OP_RESOLVER, OP_RELAY,
  OP_ROOT, OP_SHARE, OP_UNMOUNT, OP_MOUNT, OP_BIND, OP_ATTRIBUTES, OP_MKDIR, OP_SYMLINK, OP_DEVICE, OP_CONSOLE, OP_PIVOT,
  OP_SYSCTL, OP_MASK, OP_READONLY, OP_HOSTNAME, OP_DOMAINNAME,
  OP_KEYRING, OP_CREATE, OP_GATE, OP_RLIMIT, OP_OOM_SCORE_ADJ, OP_LABEL, OP_CWD, OP_BOUNDING_SET, OP_IDS, OP_CAPABILITIES,
  OP_NO_NEW_PRIVILEGES, OP_SECCOMP, OP_EXEC, OP_START, OP_HOOK, OP_RELABEL, OP_COUNT
};

struct reader { const unsigned char *at, *end; bool bad; };
uint8_t get8(struct reader *r);
uint32_t get32(struct reader *r);
uint64_t get64(struct reader *r);
const char *text(struct reader *r);                       // never NULL; "" once bad
const unsigned char *blob(struct reader *r, uint32_t *length);

struct step { uint32_t index; enum op op; struct reader body; };

struct plan {
  const char *id, *token, *boot, *log, *attrs;
  bool exec, tty, has_netns, halved, open_stdin, stdin_once, has_root, has_console, new_pid, runtime, raw;
  uint16_t rows, columns;
  uint32_t uid, reserved, max_files, steps, first, net_inside;
  uint64_t max_bytes, clone_flags;
  struct reader body;
};
extern struct plan plan;
enum { MAX_ATTRS = 60000 };                               // of JSON in each line of a log
// Maps and checks the whole plan; on refusal returns a reason and leaves the step's number in *at.
const char *plan_open(int fd, uint32_t *at);
// The same for the second half of a plan that comes in two: from then on its steps are those that are walked.
const char *plan_second(int fd, uint32_t *at);
// Walks the steps: `struct step s; struct reader r = plan.body; while (next_step(&r, &s))`.
bool next_step(struct reader *r, struct step *s);

// A failure travels from the child to the shim and from there to the engine in this form.
struct failure { uint32_t step, op, error; char text[500]; };

// Parent side.
struct shim {
  int sync;                                               // to the child
  int net;                                                // a netlink socket of the container's own namespace
  int pidfd, mntns, log, in, out, err;                    // in/out/err: our ends; with a tty all of it is `out`
  int child_in, child_out, child_err;                     // the child's ends until it is made
  pid_t child;
  int joins[16], join_count, into, namespaces[16], namespace_count, init_pidfd;
  uint64_t namespace_types[16], init_types, oom_before;
  bool own_ids;                                           // the child is in another user namespace than ours
  bool entered;                                           // it was born in the namespaces to join
  int netns;                                              // a network namespace made in advance, or -1
  bool committed;
};
extern struct shim shim;
void setup(void);                                         // phase 1 and the namespaces to join
void make_child(void);                                    // returns in the shim only
void furnish(void);                                       // phase 3
void pass_second_half(void);                              // to the child, when it has come
_Noreturn void monitor(void);
_Noreturn void give_up(uint32_t step, enum op op, int error, const char *why);
void remove_cgroups(void);
void kill_cgroup(void);
uint64_t oom_kills(void);
int open_beside(pid_t pid);
// Readable when the container has run out of memory, on version 1 before somebody is killed for it; -1 where nothing tells.
int watch_oom(bool *before_kill);
int confine_monitor(void);                                // 0, or the errno of what was refused
int receive_fd(int socket, void *buffer, size_t size, ssize_t *length);
bool send_fd(int socket, const void *buffer, size_t size, int fd);
uint64_t now_ns(int clock);

// The resolver in the container's namespace (resolver.c), and what is passed on (relay.c).
struct sockaddr_in;
struct pollfd;
extern struct resolver { int udp, tcp, raw, link; uint32_t address; uint16_t port; } resolver;
bool open_resolver(int netns, uint32_t address, uint16_t port);
void answer_datagram(const void *bytes, size_t size, const struct sockaddr_in *to);
void close_resolver(void);
enum { RELAY_FDS = 256 + 2 * 48 };
bool relay_listen(int fd, bool datagrams, const struct sockaddr_in *to); // to the engine without an address
bool relay_turn(int fd, uint32_t address);                // what comes from now on goes to another address
void relay_forget(int fd);
void relay_end(void);
int relay_wants(struct pollfd *fds);                      // how many it has filled in
void relay_serve(const struct pollfd *fds);               // the same, after the poll
int relay_patience(void);

// A runtime's commands, in place of a child of our own (oci.c).
void listen_for_console(void);
pid_t start_command(void);                                // `start` or `exec`
bool adopt_process(void);                                 // the process that the command has made becomes shim.child
uint32_t step_of(enum op op);
_Noreturn void create_command(struct reader body);        // in the child

// Child side.
_Noreturn void child(int sync);
_Noreturn void fail(const struct step *s, int error, const char *what);
void mount_phase(int root);
void final_phase(struct reader rest);
extern int child_sync, child_proc, child_tty;
void become_root(void);                                   // of its user namespace; until then it is the host's, without powers
// Where the child is in another user namespace than the shim: what it could not reach is found, and what it could not set is set,
// by the shim.
void find_trees(void);
void close_trees(void);
void set_limits(void);
extern struct step current;
void join_keyring(struct reader body);
void reset_signals(void);
void say(char type);
void await_word(void);
char **texts(struct reader *body);
void run_hook(struct reader body);                        // of the host's root, before the pivot
#define must(condition, what) do { if (!(condition)) fail(&current, errno, what); } while (0)

// The json-file log.
bool log_open(void);
void log_chunk(int stream, const unsigned char *bytes, size_t length);
void log_end(void);
void log_position(uint64_t *generation, uint64_t *offset);
const unsigned char *log_pending(int stream, uint32_t *length);
int make_user_namespace(const char *uids, const char *gids); // tug-userns: 0, or an errno
int run_copy(char **words);                                // tug-copy: 0, or 1 once it has said why
int run_init(char **arguments);                           // the program of --init: never returns before its end

#endif
