/* Interposed with LD_PRELOAD: counts the calls that change what lies below one folder, and at one of them
 * fails once, or ends the process as `kill -9` would.
 *
 * The plan is a file that all processes of a run map (struct plan), so that they count together. With `strike`
 * at 0 nothing is struck and the calls are only counted. Where it struck is written back into the plan.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KILL_BEFORE = 0, KILL_AFTER = -1, KILL_TORN = -2 };

struct plan {
    _Atomic long calls;
    long strike;     /* the number of the call to strike, from 1; 0: none */
    long how;        /* an errno, or one of the above */
    char kind[32];   /* only calls of this name count; empty: all */
    char folder[512];
    char struck[512]; /* name and path of the struck call */
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

/* What to do at this call: 0 nothing, 1 fail (errno is set), 2 kill after it, 3 kill in the middle. */
static int struck(const char *kind, int folder, const char *name) {
    if (!plan || !plan->folder[0] || (plan->kind[0] && strcmp(plan->kind, kind))) return 0;
    int saved = errno;
    char path[PATH_MAX];
    path_of(folder, name, path);
    errno = saved;
    if (strncmp(path, plan->folder, strlen(plan->folder))) return 0;
    if (atomic_fetch_add(&plan->calls, 1) + 1 != plan->strike) return 0;
    snprintf(plan->struck, sizeof plan->struck, "%s %.400s", kind, path);
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
    if (!(flags & WRITES)) return REAL(function)(__VA_ARGS__, flags, mode);  \
    AROUND("open", folder, path, int, REAL(function)(__VA_ARGS__, flags, mode))

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
