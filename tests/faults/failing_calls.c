/* Interposed with LD_PRELOAD: counts the calls that change or read what lies below one folder, and at some of
 * them fails once, or ends the process as `kill -9` would.
 *
 * The plan is a file that all processes of a run map (struct plan), so that they count together. Each of its
 * strikes counts for itself; with `number` at 0 it only counts. Where it struck is written back into it.
 * The program under test may write into `now` what it is about to do; with `trace` set each call is noted that
 * the first strike counts.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KILL_BEFORE = 0, KILL_AFTER = -1, KILL_TORN = -2 };

struct strike {
    _Atomic long calls;
    long number;     /* of the call to strike, from 1; 0: none */
    char kind[32];   /* only calls of this name count; `changes`: all but look, read, stat; empty: all */
    char path[512];  /* a glob: only calls on such a path below the folder count; empty: all */
    char doing[128]; /* a glob: only calls made while `now` says this count; empty: all */
    char struck[768]; /* name, path and `now` of the struck call, each followed by a tab */
};

struct plan {
    long how;        /* an errno, or one of the above */
    long strikes;    /* how many there are in `of` */
    char folder[512];
    char now[128];
    char trace[512];  /* a file that gets such a line for each call; empty: none */
    struct strike of[64];
};

static struct plan *plan;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("FAILING_CALLS");
    int file = name ? syscall(SYS_openat, AT_FDCWD, name, O_RDWR) : -1;
    if (file < 0) return;
    void *at = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (at != MAP_FAILED) plan = at;
}

static void path_of(int folder, const char *name, char *path) {
    char link[64];
    path[0] = 0;
    if (name && name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
        return;
    }
    if (folder == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
    else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, path, PATH_MAX - 300);
    path[length < 0 ? 0 : length] = 0;
    if (name) {
        strcat(path, "/");
        strncat(path, name, 256);
    }
}

static int told(char *line, size_t size, const char *kind, const char *path) {
    int length = snprintf(line, size, "%s\t%.500s\t%s\t", kind, path, plan->now);
    return length < (int)size ? length : (int)size - 1;
}

static void note(const char *kind, const char *path) {
    char line[800];
    int saved = errno, length = told(line, sizeof line - 1, kind, path);
    line[length++] = '\n';
    int file = syscall(SYS_openat, AT_FDCWD, plan->trace, O_WRONLY | O_APPEND | O_CREAT, 0600);
    syscall(SYS_write, file, line, length);
    syscall(SYS_close, file);
    errno = saved;
}

static int of_kind(const struct strike *one, const char *kind) {
    if (!strcmp(one->kind, "changes")) return strcmp(kind, "look") && strcmp(kind, "read") && strcmp(kind, "stat");
    return !one->kind[0] || !strcmp(one->kind, kind);
}

static int counts(const struct strike *one, const char *path) {
    if (one->path[0] && fnmatch(one->path, path, FNM_PATHNAME)) return 0;
    return !one->doing[0] || !fnmatch(one->doing, plan->now, 0);
}

/* What to do at this call: 0 nothing, 1 fail (errno is set), 2 kill after it, 3 kill in the middle. */
static int struck(const char *kind, int folder, const char *name) {
    if (!plan || !plan->folder[0]) return 0;
    long first = 0;
    while (first < plan->strikes && !of_kind(&plan->of[first], kind)) first++;
    if (first == plan->strikes) return 0;
    int saved = errno, strikes = 0;
    char path[PATH_MAX];
    path_of(folder, name, path);
    errno = saved;
    size_t above = strlen(plan->folder);
    if (strncmp(path, plan->folder, above)) return 0;
    for (long at = first; at < plan->strikes; at++) {
        struct strike *one = &plan->of[at];
        if (!of_kind(one, kind) || !counts(one, path + above)) continue;
        if (plan->trace[0] && at == 0) note(kind, path + above);
        if (atomic_fetch_add(&one->calls, 1) + 1 != one->number) continue;
        told(one->struck, sizeof one->struck, kind, path + above);
        strikes = 1;
    }
    errno = saved;
    if (!strikes) return 0;
    if (plan->how > 0) {
        errno = (int)plan->how;
        return 1;
    }
    if (plan->how == KILL_AFTER) return 2;
    if (plan->how == KILL_TORN) return 3;
    kill(getpid(), SIGKILL);
    return 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define AROUND(kind, folder, name, type, call)                     \
    int what = struck(kind, folder, name);                         \
    if (what == 1) return -1;                                      \
    type result = call;                                            \
    if (what) kill(getpid(), SIGKILL);                             \
    return result

#define WRITES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)
#define OPEN(function, folder, ...)                                          \
    va_list more;                                                            \
    va_start(more, flags);                                                   \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
    va_end(more);                                                            \
    AROUND(flags & WRITES ? "open" : "look", folder, path, int, REAL(function)(__VA_ARGS__, flags, mode))

int open(const char *path, int flags, ...) { OPEN(open, AT_FDCWD, path); }
int open64(const char *path, int flags, ...) { OPEN(open64, AT_FDCWD, path); }
int openat(int folder, const char *path, int flags, ...) { OPEN(openat, folder, folder, path); }
int openat64(int folder, const char *path, int flags, ...) { OPEN(openat64, folder, folder, path); }

#define WRITE(kind, call, half)                     \
    int what = struck(kind, file, NULL);            \
    if (what == 1) return -1;                       \
    ssize_t result = what == 3 ? half : call;       \
    if (what) kill(getpid(), SIGKILL);              \
    return result

ssize_t write(int file, const void *data, size_t count) {
    WRITE("write", REAL(write)(file, data, count), REAL(write)(file, data, count / 2));
}
ssize_t pwrite(int file, const void *data, size_t count, off_t at) {
    WRITE("pwrite", REAL(pwrite)(file, data, count, at), REAL(pwrite)(file, data, count / 2, at));
}
ssize_t pwrite64(int file, const void *data, size_t count, off64_t at) {
    WRITE("pwrite", REAL(pwrite64)(file, data, count, at), REAL(pwrite64)(file, data, count / 2, at));
}

ssize_t sendfile(int file, int from, off_t *at, size_t count) {
    WRITE("write", REAL(sendfile)(file, from, at, count), REAL(sendfile)(file, from, at, count / 2));
}
ssize_t sendfile64(int file, int from, off64_t *at, size_t count) {
    WRITE("write", REAL(sendfile64)(file, from, at, count), REAL(sendfile64)(file, from, at, count / 2));
}

ssize_t read(int file, void *data, size_t count) {
    AROUND("read", file, NULL, ssize_t, REAL(read)(file, data, count));
}
ssize_t pread(int file, void *data, size_t count, off_t at) {
    AROUND("read", file, NULL, ssize_t, REAL(pread)(file, data, count, at));
}
ssize_t pread64(int file, void *data, size_t count, off64_t at) {
    AROUND("read", file, NULL, ssize_t, REAL(pread64)(file, data, count, at));
}
int stat(const char *path, struct stat *told) {
    AROUND("stat", AT_FDCWD, path, int, REAL(stat)(path, told));
}
int stat64(const char *path, struct stat64 *told) {
    AROUND("stat", AT_FDCWD, path, int, REAL(stat64)(path, told));
}
int lstat(const char *path, struct stat *told) {
    AROUND("stat", AT_FDCWD, path, int, REAL(lstat)(path, told));
}
int lstat64(const char *path, struct stat64 *told) {
    AROUND("stat", AT_FDCWD, path, int, REAL(lstat64)(path, told));
}
int fstat(int file, struct stat *told) { AROUND("stat", file, NULL, int, REAL(fstat)(file, told)); }
int fstat64(int file, struct stat64 *told) { AROUND("stat", file, NULL, int, REAL(fstat64)(file, told)); }
int fstatat(int folder, const char *path, struct stat *told, int flags) {
    AROUND("stat", folder, path, int, REAL(fstatat)(folder, path, told, flags));
}
int fstatat64(int folder, const char *path, struct stat64 *told, int flags) {
    AROUND("stat", folder, path, int, REAL(fstatat64)(folder, path, told, flags));
}

int fsync(int file) { AROUND("fsync", file, NULL, int, REAL(fsync)(file)); }
int fdatasync(int file) { AROUND("fsync", file, NULL, int, REAL(fdatasync)(file)); }
int ftruncate(int file, off_t length) { AROUND("ftruncate", file, NULL, int, REAL(ftruncate)(file, length)); }
int ftruncate64(int file, off64_t length) {
    AROUND("ftruncate", file, NULL, int, REAL(ftruncate64)(file, length));
}
int rename(const char *from, const char *to) { AROUND("rename", AT_FDCWD, to, int, REAL(rename)(from, to)); }
int renameat(int a, const char *from, int b, const char *to) {
    AROUND("rename", b, to, int, REAL(renameat)(a, from, b, to));
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    AROUND("rename", b, to, int, REAL(renameat2)(a, from, b, to, flags));
}
int mkdir(const char *path, mode_t mode) { AROUND("mkdir", AT_FDCWD, path, int, REAL(mkdir)(path, mode)); }
int mkdirat(int folder, const char *path, mode_t mode) {
    AROUND("mkdir", folder, path, int, REAL(mkdirat)(folder, path, mode));
}
int unlink(const char *path) { AROUND("unlink", AT_FDCWD, path, int, REAL(unlink)(path)); }
int unlinkat(int folder, const char *path, int flags) {
    AROUND("unlink", folder, path, int, REAL(unlinkat)(folder, path, flags));
}
int rmdir(const char *path) { AROUND("unlink", AT_FDCWD, path, int, REAL(rmdir)(path)); }
int fchmod(int file, mode_t mode) { AROUND("fchmod", file, NULL, int, REAL(fchmod)(file, mode)); }
