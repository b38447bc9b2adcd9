package inventory

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

// identity tells a program in a process from any other: the inode of /proc/PID
// is new for each process, and exec changes the executable.
type identity struct {
	process                uint64
	device, inode, mtimeNs uint64
}

// identify is false for a process without an executable: kernel threads, and
// those that have ended and only wait for their parent.
func identify(pid int) (identity, bool) {
	directory := fmt.Sprintf("/proc/%d", pid)
	var process, executable unix.Stat_t
	if err := unix.Stat(directory, &process); err != nil {
		return identity{}, false
	}
	switch err := unix.Stat(directory+"/exe", &executable); {
	case errors.Is(err, fs.ErrPermission):
		// Another user's, and the helper is not root.
		return identity{process: process.Ino}, true
	case err != nil:
		return identity{}, false
	}
	return identity{
		process: process.Ino,
		device:  uint64(executable.Dev), inode: executable.Ino, mtimeNs: uint64(executable.Mtim.Nano()),
	}, true
}
