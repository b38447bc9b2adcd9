package symbolize

import (
	"errors"
	"fmt"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"

	"emberline/helper/internal/proc"
)

const (
	// maxDebugFile bounds a file that is opened; libtorch's debug files have 3 GiB.
	maxDebugFile = 8 << 30
	// answerTime bounds how long a file system may take to open a file.
	answerTime = 2 * time.Second
	// fuseMagic is FUSE_SUPER_MAGIC (linux/magic.h).
	fuseMagic = 0x65735546
)

var (
	errNotAbsolute = errors.New("the path is not absolute")
	errNotRegular  = errors.New("it is not a regular file of a file system that the kernel answers for")
	errTooLarge    = fmt.Errorf("it is larger than %d GiB", maxDebugFile>>30)
	errSlow        = fmt.Errorf("its file system did not answer within %v", answerTime)
)

// Root opens files of a process as that process sees them. Safe for concurrent use.
type Root struct{ dir *os.File }

// OpenRoot opens a process's root directory; fs.ErrNotExist when it has ended.
// It stays that directory when the process ends.
func OpenRoot(pid int) (*Root, error) {
	process, err := proc.Open(pid)
	if err != nil {
		return nil, err
	}
	defer process.Close()
	return openRoot(process.Root())
}

func openRoot(folder string) (*Root, error) {
	fd, err := unix.Open(folder, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open the root directory %s: %w", folder, err)
	}
	return &Root{os.NewFile(uintptr(fd), folder)}, nil
}

// Close ends its use; files that it opened stay open.
func (r *Root) Close() error { return r.dir.Close() }

// Open opens a regular file by its absolute path. Links are followed within the
// root, but never out of it or into another process. What a program of the
// target's could make hang is refused: FIFOs, devices, FUSE.
func (r *Root) Open(name string) (File, error) {
	file, err := r.open(name, 0)
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (r *Root) open(name string, flags uint64) (*os.File, error) {
	if !path.IsAbs(name) {
		return nil, errNotAbsolute
	}
	dir, err := unix.FcntlInt(r.dir.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	type answer struct {
		file *os.File
		err  error
	}
	answers := make(chan answer)
	late := make(chan struct{})
	go func() {
		defer unix.Close(dir)
		file, err := openRegular(dir, name, flags)
		select {
		case answers <- answer{file, err}:
		case <-late:
			if file != nil {
				file.Close()
			}
		}
	}()
	select {
	case answer := <-answers:
		return answer.file, answer.err
	case <-time.After(answerTime):
		close(late)
		return nil, errSlow
	}
}

func openRegular(dir int, name string, flags uint64) (*os.File, error) {
	fd, err := unix.Openat2(dir, name, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC | flags,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil, &os.PathError{Op: "openat2", Path: name, Err: err}
	}
	var stat unix.Stat_t
	var system unix.Statfs_t
	err = errors.Join(unix.Fstat(fd, &stat), unix.Fstatfs(fd, &system))
	switch {
	case err != nil:
	case stat.Mode&unix.S_IFMT != unix.S_IFREG, system.Type == unix.PROC_SUPER_MAGIC, system.Type == fuseMagic:
		err = errNotRegular
	case stat.Size > maxDebugFile:
		err = errTooLarge
	}
	if err != nil {
		unix.Close(fd)
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}
