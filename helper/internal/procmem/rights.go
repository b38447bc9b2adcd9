package procmem

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"emberline/helper/internal/proc"
	"emberline/helper/protocol"
)

// Check tells whether the memory of a process may be read, and if not, why.
// Errors are *protocol.Error of the catalogue.
func Check(pid int) error {
	process, err := proc.Open(pid)
	if err != nil {
		return explain(pid, err)
	}
	defer process.Close()
	mappings, err := process.Maps()
	if err != nil {
		return explain(pid, err)
	}
	for i := range mappings {
		if !strings.HasPrefix(mappings[i].Permissions, "r") || mappings[i].Path == "" {
			continue
		}
		var one [1]byte
		_, err := proc.Memory(pid).ReadAt(one[:], int64(mappings[i].Start))
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EFAULT) {
			return explain(pid, err)
		}
	}
	return explain(pid, fs.ErrNotExist)
}

// PtraceScope is kernel.yama.ptrace_scope: from 1 on nobody but root reads the
// memory of processes that are not children of his; "0" on kernels without Yama.
func PtraceScope() string {
	text, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	if err != nil {
		return "0"
	}
	return strings.TrimSpace(string(text))
}

func explain(pid int, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ESRCH):
		return protocol.Errorf(protocol.ErrNoSuchProcess, "There is no process %d.", pid)
	case errors.Is(err, fs.ErrPermission):
		return whyForbidden(pid)
	case errors.Is(err, unix.ENOSYS):
		return protocol.Errorf(protocol.ErrMemoryForbidden, "The kernel has no way to read another process's memory (%w).", err)
	}
	return protocol.Errorf(protocol.ErrNoSuchProcess, "Process %d cannot be read (%w).", pid, err)
}

func whyForbidden(pid int) error {
	uid, err := ownerOf(pid)
	switch {
	case err != nil:
		return explain(pid, err)
	case uid != os.Geteuid():
		return protocol.Errorf(protocol.ErrNotPermitted, "Process %d belongs to another user.", pid)
	case PtraceScope() != "0":
		return protocol.Errorf(protocol.ErrMemoryForbidden,
			"The kernel lets nobody but root read the memory of process %d (kernel.yama.ptrace_scope is %s).", pid, PtraceScope())
	}
	return protocol.Errorf(protocol.ErrNotPermitted, "The kernel guards the memory of process %d.", pid)
}

// ownerOf is the user that runs a process. That of /proc/PID itself is root for
// a process that is guarded (proc(5), PR_SET_DUMPABLE).
func ownerOf(pid int) (int, error) {
	process, err := proc.Open(pid)
	if err != nil {
		return 0, err
	}
	defer process.Close()
	return process.RealUID()
}
