// Stands between a process and the C library, by LD_PRELOAD: counts, records, breaks, delays or ends what the process does
// to the files below one directory, and moves its wall clock. Ordered by a block of shared memory, see disk.mjs.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { OPEN = 1, WRITE = 2, TRUNCATE = 4, SYNC = 8, RENAME = 16, UNLINK = 32, MKDIR = 64, CLOSE = 128 };
enum { NOTHING, KILL, TEAR, FAIL, DELAY };

struct orders {
  // Calls that passed the mask and the name, so far.
  uint64_t count;
  // What happens to the call of this number, and to so many from there on.
  uint64_t at, times, mask, action, error, delay_us;
  int64_t clock_ns;
  uint64_t hits;
  // A piece of the path; empty for all.
  char name[64];
};

static struct orders none, *orders = &none;
static char root[4096];
static size_t root_length;
static int record = -1;
// What each descriptor was opened as, when that lies below the root.
#define DESCRIPTORS 65536
static char *paths[DESCRIPTORS];
static pthread_mutex_t turn;

#define REAL(result, name, ...)                                     \
  static result (*real_##name)(__VA_ARGS__);                        \
  if (!real_##name) real_##name = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
  pthread_mutexattr_t again;
  pthread_mutexattr_init(&again);
  pthread_mutexattr_settype(&again, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&turn, &again);
  const char *where = getenv("FAULTS_ROOT"), *log = getenv("FAULTS_RECORD"), *control = getenv("FAULTS_ORDERS");
  if (control) {
    int fd = syscall(SYS_openat, AT_FDCWD, control, O_RDWR | O_CLOEXEC);
    void *block = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (block == MAP_FAILED) abort();
    orders = block;
    syscall(SYS_close, fd);
  }
  if (log) {
    record = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    // Out of the way of those who expect the lowest free number.
    int high = fcntl(record, F_DUPFD_CLOEXEC, 1000);
    if (high < 0) abort();
    syscall(SYS_close, record);
    record = high;
  }
  if (where) {
    snprintf(root, sizeof root, "%s", where);
    root_length = strlen(root);
  }
}

static int below(const char *path) {
  return root_length > 0 && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || !path[root_length]);
}

// The harness's own notes are recorded, never counted.
static int noted(const char *path) {
  size_t length = strlen(path);
  return length >= 5 && strcmp(path + length - 5, "/said") == 0;
}

static const char *path_of(int fd) { return fd >= 0 && fd < DESCRIPTORS ? paths[fd] : NULL; }

static void tell(int kind, int fd, int64_t offset, int64_t result, const char *path, const void *octets, size_t length) {
  if (record < 0) return;
  struct { uint32_t kind; int32_t fd; int64_t offset, result; uint32_t path, octets; } head = {
      kind, fd, offset, result, path ? strlen(path) : 0, length};
  struct iovec parts[] = {{&head, sizeof head}, {(void *)path, head.path}, {(void *)octets, length}};
  ssize_t whole = sizeof head + head.path + length;
  if (syscall(SYS_writev, record, parts, 3) != whole) abort();
}

// What is to happen to this call.
static int ordered(int kind, const char *path) {
  if (orders == &none || noted(path) || !(orders->mask & kind)) return NOTHING;
  if (orders->name[0] && !strstr(path, orders->name)) return NOTHING;
  uint64_t number = __atomic_add_fetch(&orders->count, 1, __ATOMIC_SEQ_CST);
  if (!orders->at || number < orders->at || number - orders->at >= orders->times) return NOTHING;
  __atomic_add_fetch(&orders->hits, 1, __ATOMIC_SEQ_CST);
  if (orders->action == KILL || (orders->action == TEAR && kind != WRITE)) raise(SIGKILL);
  if (orders->action == DELAY) {
    struct timespec wait = {orders->delay_us / 1000000, orders->delay_us % 1000000 * 1000};
    nanosleep(&wait, NULL);
    return NOTHING;
  }
  return orders->action;
}

static void enter(void) { if (record >= 0) pthread_mutex_lock(&turn); }
static void leave(void) {
  int error = errno;
  if (record >= 0) pthread_mutex_unlock(&turn);
  errno = error;
}

static int opened(int directory, const char *path, int flags, mode_t mode) {
  if (directory != AT_FDCWD || !below(path)) return syscall(SYS_openat, directory, path, flags, mode);
  if (ordered(OPEN, path) == FAIL) {
    errno = orders->error;
    return -1;
  }
  enter();
  int there = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
  int fd = syscall(SYS_openat, directory, path, flags, mode);
  if (fd >= 0 && fd < DESCRIPTORS) {
    free(paths[fd]);
    paths[fd] = strdup(path);
    // The result says what it did: 1 made the file, 2 emptied it.
    tell(OPEN, fd, 0, (flags & O_CREAT) && !there ? 1 : (flags & O_TRUNC) ? 2 : 0, path, NULL, 0);
  }
  leave();
  return fd;
}

static mode_t mode_of(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }
#define MODE                        \
  va_list rest;                     \
  va_start(rest, flags);            \
  mode_t mode = mode_of(flags, rest); \
  va_end(rest)

int open(const char *path, int flags, ...) { MODE; return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE; return opened(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE; return opened(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE; return opened(at, path, flags, mode); }

static int closed(int fd) {
  const char *path = path_of(fd);
  if (!path) return syscall(SYS_close, fd);
  int order = ordered(CLOSE, path);
  enter();
  tell(CLOSE, fd, 0, order == FAIL ? -1 : 0, NULL, NULL, 0);
  free(paths[fd]);
  paths[fd] = NULL;
  int result = syscall(SYS_close, fd);
  // As Linux does: told of an error, and closed all the same.
  if (order == FAIL) {
    errno = orders->error;
    result = -1;
  }
  leave();
  return result;
}
int close(int fd) { return closed(fd); }

// libuv closes files this way.
long syscall(long number, ...) {
  va_list rest;
  va_start(rest, number);
  long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long), d = va_arg(rest, long),
       e = va_arg(rest, long), f = va_arg(rest, long);
  va_end(rest);
  REAL(long, syscall, long, ...);
  if (number == SYS_close && path_of(a)) return closed(a);
  return real_syscall(number, a, b, c, d, e, f);
}

static ssize_t written(int fd, const struct iovec *parts, int count, int64_t offset) {
  const char *path = path_of(fd);
  int order = path ? ordered(WRITE, path) : NOTHING;
  if (order == FAIL) {
    errno = orders->error;
    return -1;
  }
  size_t length = 0;
  for (int at = 0; at < count; at++) length += parts[at].iov_len;
  if (order == TEAR) {
    // Half of it, in whole sectors where there are some.
    size_t half = length / 2 >= 512 ? length / 2 / 512 * 512 : length / 2;
    char *octets = malloc(length + 1), *to = octets;
    for (int at = 0; at < count; at++) to = mempcpy(to, parts[at].iov_base, parts[at].iov_len);
    offset < 0 ? syscall(SYS_write, fd, octets, half) : syscall(SYS_pwrite64, fd, octets, half, offset);
    raise(SIGKILL);
  }
  if (path) enter();
  ssize_t result =
      offset < 0 ? syscall(SYS_writev, fd, parts, count) : syscall(SYS_pwritev, fd, parts, count, offset, 0);
  if (path && record >= 0 && result > 0) {
    if (offset < 0) offset = syscall(SYS_lseek, fd, 0, SEEK_CUR) - result;
    size_t left = result;
    for (int at = 0; at < count && left > 0; at++) {
      size_t some = parts[at].iov_len < left ? parts[at].iov_len : left;
      tell(WRITE, fd, offset, 0, NULL, parts[at].iov_base, some);
      offset += some;
      left -= some;
    }
  }
  if (path) leave();
  return result;
}
#define ONE struct iovec part = {(void *)octets, length}
ssize_t write(int fd, const void *octets, size_t length) { ONE; return written(fd, &part, 1, -1); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return written(fd, parts, count, -1); }
ssize_t pwrite(int fd, const void *octets, size_t length, off_t at) { ONE; return written(fd, &part, 1, at); }
ssize_t pwrite64(int fd, const void *octets, size_t length, off64_t at) { ONE; return written(fd, &part, 1, at); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return written(fd, parts, count, at); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) { return written(fd, parts, count, at); }

// The rest are alike: ordered, done, recorded with their result.
#define CALL(kind, fd, offset, path, other, otherLength, run) \
  if (ordered(kind, path) == FAIL) {                          \
    enter();                                                  \
    tell(kind, fd, offset, -1, path, other, otherLength);     \
    leave();                                                  \
    errno = orders->error;                                    \
    return -1;                                                \
  }                                                           \
  enter();                                                    \
  int result = run;                                           \
  if (result == 0) tell(kind, fd, offset, 0, path, other, otherLength); \
  leave();                                                    \
  return result

static int synced(int fd, int number) {
  const char *path = path_of(fd);
  if (!path) return syscall(number, fd);
  CALL(SYNC, fd, 0, path, NULL, 0, syscall(number, fd));
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int cut(int fd, off64_t length) {
  const char *path = path_of(fd);
  if (!path) return syscall(SYS_ftruncate, fd, length);
  CALL(TRUNCATE, fd, length, path, NULL, 0, syscall(SYS_ftruncate, fd, length));
}
int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off64_t length) { return cut(fd, length); }

int rename(const char *from, const char *to) {
  if (!below(from)) return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  CALL(RENAME, -1, 0, from, to, strlen(to), syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
int link(const char *from, const char *to) {
  if (!below(from)) return syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
  // Told apart from a rename by its offset.
  CALL(RENAME, -1, 1, from, to, strlen(to), syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
}
int unlink(const char *path) {
  if (!below(path)) return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  CALL(UNLINK, -1, 0, path, NULL, 0, syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}
int mkdir(const char *path, mode_t mode) {
  if (!below(path)) return syscall(SYS_mkdirat, AT_FDCWD, path, mode);
  CALL(MKDIR, -1, 0, path, NULL, 0, syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int clock_gettime(clockid_t which, struct timespec *now) {
  REAL(int, clock_gettime, clockid_t, struct timespec *);
  int result = real_clock_gettime(which, now);
  if (result == 0 && orders->clock_ns && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
    int64_t moved = now->tv_sec * 1000000000LL + now->tv_nsec + orders->clock_ns;
    now->tv_sec = moved / 1000000000LL;
    now->tv_nsec = moved % 1000000000LL;
  }
  return result;
}
int gettimeofday(struct timeval *now, void *zone) {
  (void)zone;
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}
