package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// MaxBytes bounds a source file. CPython's own largest is 0.3 MiB.
const MaxBytes = 4 << 20

// answerTime bounds how long a file system may take: a network or FUSE mount
// that hangs must not hold up a session.
const answerTime = 2 * time.Second

var (
	errNotRegular = errors.New("it is not a regular file")
	errTooLarge   = fmt.Errorf("it is larger than %d MiB", MaxBytes>>20)
	errSlow       = fmt.Errorf("its file system did not answer within %v", answerTime)
)

// content is what was read of one version of a file.
type content struct {
	data []byte
	// changed is when data or attributes last changed, by the host's clock.
	changed time.Time
}

// readWithin reads a regular file below a root directory as if by a process
// with these rights.
func readWithin(root string, rights Rights, remotePath string) (content, error) {
	// The way into another process's root needs the helper's own rights.
	rootFD, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return content{}, err
	}
	type answer struct {
		content
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		defer unix.Close(rootFD)
		// Never unlocked: the thread, and its changed rights, end with the goroutine.
		runtime.LockOSThread()
		if err := rights.assume(); err != nil {
			answers <- answer{err: err}
			return
		}
		read, err := read(rootFD, remotePath)
		answers <- answer{read, err}
	}()
	select {
	case answer := <-answers:
		return answer.content, answer.err
	case <-time.After(answerTime):
		return content{}, errSlow
	}
}

// read opens without following a link out of the root or into another process
// (/proc/PID/fd), without waiting for a FIFO's writer and without making a
// terminal the helper's own.
func read(rootFD int, remotePath string) (content, error) {
	fd, err := unix.Openat2(rootFD, remotePath, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return content{}, err
	}
	file := os.NewFile(uintptr(fd), remotePath)
	defer file.Close()
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return content{}, err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFREG || isProc(fd) {
		return content{}, errNotRegular
	}
	if stat.Size > MaxBytes {
		return content{}, errTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(file, MaxBytes+1))
	if err != nil {
		return content{}, err
	}
	if len(data) > MaxBytes {
		return content{}, errTooLarge
	}
	changed := time.Unix(stat.Mtim.Unix())
	if attributes := time.Unix(stat.Ctim.Unix()); attributes.After(changed) {
		changed = attributes
	}
	return content{data, changed}, nil
}

// isProc: files of /proc call themselves regular, and some speak of whoever
// reads them.
func isProc(fd int) bool {
	var stat unix.Statfs_t
	return unix.Fstatfs(fd, &stat) != nil || stat.Type == unix.PROC_SUPER_MAGIC
}
