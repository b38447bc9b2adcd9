// Package proc reads what Linux tells about processes: /proc and their memory.
// It never writes to one and never stops one.
package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// maxFile bounds what is read of one /proc file. A process can have 65,530
// mappings (vm.max_map_count) of about 120 bytes each; some hosts allow more.
const maxFile = 64 << 20

// Process is an opened /proc/PID: a process that took over the pid later is
// never mistaken for it.
type Process struct {
	PID int
	dir *os.File
}

// Open opens a process; fs.ErrNotExist when there is none.
func Open(pid int) (*Process, error) {
	dir, err := os.Open(fmt.Sprintf("/proc/%d", pid))
	if err != nil {
		return nil, err
	}
	return &Process{PID: pid, dir: dir}, nil
}

// Close ends its use.
func (p *Process) Close() error { return p.dir.Close() }

// path of an entry below the opened directory, whoever has the pid now.
func (p *Process) path(name string) string {
	return fmt.Sprintf("/proc/self/fd/%d/%s", p.dir.Fd(), name)
}

func (p *Process) read(name string) ([]byte, error) {
	file, err := os.Open(p.path(name))
	if err != nil {
		return nil, gone(err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile))
	return data, gone(err)
}

// gone makes the two faces of a vanished process one.
func gone(err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return err
}

// Comm is the kernel's name of the main thread, at most 15 bytes.
func (p *Process) Comm() string {
	data, err := p.read("comm")
	if err != nil {
		return "?"
	}
	return strings.TrimSuffix(string(data), "\n")
}

// CommandLine joins the arguments by spaces; empty for a kernel thread or a zombie.
func (p *Process) CommandLine() string {
	data, err := p.read("cmdline")
	if err != nil {
		return ""
	}
	return string(bytes.ReplaceAll(bytes.TrimRight(data, "\x00"), []byte{0}, []byte{' '}))
}

// IsAlive is false for a process that has ended, reaped or not.
func (p *Process) IsAlive() bool {
	data, err := p.read("stat")
	if err != nil {
		return false
	}
	// The state follows the name in parentheses, which may itself hold any character.
	end := bytes.LastIndexByte(data, ')')
	return end >= 0 && end+2 < len(data) && data[end+2] != 'Z' && data[end+2] != 'X'
}

// Executable is the path of the running program as the process sees it; empty
// for a kernel thread, and when it cannot be read.
func (p *Process) Executable() string {
	name, err := os.Readlink(p.path("exe"))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(name, " (deleted)")
}

// Status is /proc/PID/status as it is.
func (p *Process) Status() ([]byte, error) { return p.read("status") }

// UID is the process's effective user.
func (p *Process) UID() (int, error) {
	info, err := p.dir.Stat()
	if err != nil {
		return 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, fmt.Errorf("no owner known of process %d", p.PID)
	}
	return int(stat.Uid), nil
}

// RealUID is the user that runs the process. Unlike UID it is that also for a
// process that is guarded, whose files in /proc belong to root.
func (p *Process) RealUID() (int, error) {
	status, err := p.Status()
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(status) {
		if fields := bytes.Fields(line); len(fields) > 1 && string(fields[0]) == "Uid:" {
			return strconv.Atoi(string(fields[1]))
		}
	}
	return 0, errBadStat
}

// Root is a path that leads to the process's root directory.
func (p *Process) Root() string { return p.path("root") }

// Threads counts the process's threads.
func (p *Process) Threads() int {
	entries, err := os.ReadDir(p.path("task"))
	if err != nil {
		return 0
	}
	return len(entries)
}

// Directory is the process's working directory, as it sees it; empty when it cannot be read.
func (p *Process) Directory() string {
	name, err := os.Readlink(p.path("cwd"))
	if err != nil {
		return ""
	}
	return name
}

// RootID identifies the file system tree that the process sees: its mount
// namespace and the directory that is its root; empty when that cannot be read.
func (p *Process) RootID() string {
	namespace, err := os.Readlink(p.path("ns/mnt"))
	if err != nil {
		return ""
	}
	info, err := os.Stat(p.Root())
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s %d:%d", namespace, stat.Dev, stat.Ino)
}

// ExecutableInode tells the program of a process from others; 0 where that may not be seen.
func ExecutableInode(pid int) uint64 {
	var stat syscall.Stat_t
	if err := syscall.Stat(fmt.Sprintf("/proc/%d/exe", pid), &stat); err != nil {
		return 0
	}
	return stat.Ino
}

// ParentOf is the process that a process is a child of, 0 when it has gone.
func ParentOf(pid int) int {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The second field, the name in parentheses, may hold any character.
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(string(fields[1]))
	return parent
}

// IsOwnPIDNamespace tells whether a process numbers processes as the helper
// does; true when that cannot be told.
func IsOwnPIDNamespace(pid int) bool {
	own, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return true
	}
	its, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid))
	return err != nil || own == its
}

// List returns the ids of all processes, ascending.
func List() ([]int, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	sort.Ints(pids)
	return pids, nil
}
