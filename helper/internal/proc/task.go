package proc

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Task is one thread of a process. Its files stay open, so that looking again
// costs one system call and never falls on another thread that got its id.
type Task struct {
	TID int

	directory int
	schedstat int
	// -1 until they are first asked for.
	stat, sched int
}

// OpenTask opens a thread; fs.ErrNotExist when there is none.
func OpenTask(pid, tid int) (*Task, error) {
	directory, err := openFile(unix.AT_FDCWD, fmt.Sprintf("/proc/%d/task/%d", pid, tid))
	if err != nil {
		return nil, err
	}
	schedstat, err := openFile(directory, "schedstat")
	if err != nil {
		_ = unix.Close(directory)
		return nil, err
	}
	return &Task{TID: tid, directory: directory, schedstat: schedstat, stat: -1, sched: -1}, nil
}

// openFile is without Go's poller, which does not serve /proc.
func openFile(directory int, name string) (int, error) {
	fd, err := unix.Openat(directory, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: name, Err: gone(err)}
	}
	return fd, nil
}

// Close ends its use; a number that was given up may be another file's the next
// moment, so none is kept.
func (t *Task) Close() {
	for _, fd := range []*int{&t.directory, &t.schedstat, &t.stat, &t.sched} {
		if *fd >= 0 {
			_ = unix.Close(*fd)
		}
		*fd = -1
	}
}

// Schedule is what the scheduler counts of a thread: nanoseconds on a CPU, and
// how often it was given one. The first is brought up to date when the thread is
// taken off its CPU, and by each of the kernel's ticks while it is on it; the
// second when it is put on one.
type Schedule struct {
	CPUNs int64
	Turns int64
}

// Schedule reads /proc/PID/task/TID/schedstat (Documentation/scheduler/sched-stats.rst).
// Both numbers are 0 on a kernel without CONFIG_SCHED_INFO.
func (t *Task) Schedule(buffer []byte) (Schedule, error) {
	text, err := readAt(t.schedstat, buffer)
	if err != nil {
		return Schedule{}, err
	}
	var fields [3]int64
	for i := range fields {
		fields[i], text = leadingNumber(text)
	}
	return Schedule{CPUNs: fields[0], Turns: fields[2]}, nil
}

// TaskState is what /proc/PID/task/TID/stat tells of where a thread is.
type TaskState struct {
	// State is 'R' for a thread on a CPU or waiting for one (proc(5)).
	State byte
	// CPU is the one that it is on, or was on last.
	CPU int
	// Comm is the kernel's name of the thread; valid until the buffer is used again.
	Comm []byte
}

// State reads it.
func (t *Task) State(buffer []byte) (TaskState, error) {
	text, err := t.read(&t.stat, "stat", buffer)
	if err != nil {
		return TaskState{}, err
	}
	return parseTaskState(text)
}

// parseTaskState finds field 39 behind the name in parentheses, which may itself
// hold any character.
func parseTaskState(text []byte) (TaskState, error) {
	begin, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if begin < 0 || end < begin || end+2 >= len(text) {
		return TaskState{}, errBadStat
	}
	state := TaskState{State: text[end+2], Comm: text[begin+1 : end]}
	rest := text[end+2:]
	const processor = 39 - 3
	for range processor {
		space := bytes.IndexByte(rest, ' ')
		if space < 0 {
			return TaskState{}, errBadStat
		}
		rest = rest[space+1:]
	}
	cpu, _ := leadingNumber(rest)
	state.CPU = int(cpu)
	return state, nil
}

// LastRanNs is the moment up to which the scheduler has counted a thread's time
// on a CPU, in ns of that CPU's clock (se.exec_start of /proc/PID/task/TID/sched).
// For one that was displaced that is when it was, to the nanosecond the same as
// when the thread that displaced it began to run. fs.ErrNotExist on a kernel
// before 6.16 without CONFIG_SCHED_DEBUG.
func (t *Task) LastRanNs(buffer []byte) (int64, error) {
	text, err := t.read(&t.sched, "sched", buffer)
	if err != nil {
		return 0, err
	}
	return parseLastRan(text)
}

func parseLastRan(text []byte) (int64, error) {
	at := bytes.Index(text, []byte("\nse.exec_start"))
	if at < 0 {
		return 0, errBadStat
	}
	text = text[at:]
	// Milliseconds and six digits of their parts (kernel/sched/debug.c, SPLIT_NS).
	milliseconds, rest := leadingNumber(bytes.TrimLeft(text[bytes.IndexByte(text, ':')+1:], " "))
	if len(rest) < 7 || rest[0] != '.' {
		return 0, errBadStat
	}
	nanoseconds, _ := leadingNumber(rest[1:7])
	return milliseconds*1e6 + nanoseconds, nil
}

// InnermostID is the thread's id in the PID namespace that it sees itself in.
func (t *Task) InnermostID(buffer []byte) (int, error) {
	status := -1
	text, err := t.read(&status, "status", buffer)
	if status >= 0 {
		_ = unix.Close(status)
	}
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if ids, ok := bytes.CutPrefix(line, []byte("NSpid:")); ok {
			fields := bytes.Fields(ids)
			if len(fields) == 0 {
				break
			}
			return strconv.Atoi(string(fields[len(fields)-1]))
		}
	}
	// A kernel without PID namespaces.
	return t.TID, nil
}

func (t *Task) read(fd *int, name string, buffer []byte) ([]byte, error) {
	if *fd < 0 {
		opened, err := openFile(t.directory, name)
		if err != nil {
			return nil, err
		}
		*fd = opened
	}
	return readAt(*fd, buffer)
}

func readAt(fd int, buffer []byte) ([]byte, error) {
	n, err := unix.Pread(fd, buffer, 0)
	if err != nil {
		return nil, gone(err)
	}
	if n == 0 {
		return nil, fs.ErrNotExist
	}
	return buffer[:n], nil
}

// leadingNumber reads a decimal number and what separates it from the next.
func leadingNumber(text []byte) (number int64, rest []byte) {
	i := 0
	for ; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		number = number*10 + int64(text[i]-'0')
	}
	for ; i < len(text) && text[i] == ' '; i++ {
	}
	return number, text[i:]
}

// TaskList names a process's threads.
type TaskList struct{ directory *os.File }

// OpenTaskList opens it; fs.ErrNotExist when there is no such process.
func OpenTaskList(pid int) (*TaskList, error) {
	directory, err := os.Open(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil, err
	}
	return &TaskList{directory}, nil
}

// Close ends its use.
func (l *TaskList) Close() error { return l.directory.Close() }

// Count is how many threads there are, at the price of one system call: each is
// a link to the directory (fs/proc/base.c, proc_task_getattr).
func (l *TaskList) Count() (int, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(int(l.directory.Fd()), &stat); err != nil {
		return 0, gone(err)
	}
	return int(stat.Nlink) - 2, nil
}

// IDs lists the threads, in no order.
func (l *TaskList) IDs() ([]int, error) {
	if _, err := l.directory.Seek(0, 0); err != nil {
		return nil, gone(err)
	}
	names, err := l.directory.Readdirnames(-1)
	if err != nil {
		return nil, gone(err)
	}
	ids := make([]int, 0, len(names))
	for _, name := range names {
		if id, err := strconv.Atoi(name); err == nil {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
