package symbolize

import (
	"bytes"
	"container/heap"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"emberline/helper/internal/proc"
)

// latest is a heap of entries whose first is of the latest line.
type latest []jitted

func (l latest) Len() int           { return len(l) }
func (l latest) Less(i, j int) bool { return l[i].name > l[j].name }
func (l latest) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }

// Push is that of heap.Interface.
func (l *latest) Push(one any) { *l = append(*l, one.(jitted)) }

// Pop is that of heap.Interface.
func (l *latest) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}

func (l *latest) add(one jitted) { heap.Push(l, one) }

// dropUntil makes the first one that goes past an address.
func (l *latest) dropUntil(address uint64) {
	for len(*l) > 0 && (*l)[0].end() <= address {
		heap.Pop(l)
	}
}

// name is that of the first, 0 when there is none.
func (l latest) name() uint32 {
	if len(l) == 0 {
		return 0
	}
	return l[0].name
}

var (
	errBadStatus  = errors.New("status of a process is not in the form of proc(5)")
	errOtherOwner = errors.New("it belongs to another user than the process")
)

// openMap opens /tmp/perf-PID.map below a process's root, PID being its number
// in its own pid namespace. Others can write to /tmp too, so the file must
// belong to the process's user or to root, and may not be a link.
func openMap(pid int) (*os.File, error) {
	process, err := proc.Open(pid)
	if err != nil {
		return nil, err
	}
	defer process.Close()
	status, err := process.Status()
	if err != nil {
		return nil, err
	}
	innermost, uid, err := identity(status)
	if err != nil {
		return nil, err
	}
	root, err := openRoot(process.Root())
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return openOwned(root, fmt.Sprintf("/tmp/perf-%d.map", innermost), uid)
}

func openOwned(root *Root, name string, uid uint32) (*os.File, error) {
	file, err := root.open(name, unix.O_NOFOLLOW)
	if err != nil {
		return nil, err
	}
	var stat unix.Stat_t
	err = unix.Fstat(int(file.Fd()), &stat)
	if err == nil && stat.Uid != uid && stat.Uid != 0 {
		err = errOtherOwner
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// isUnlinked tells whether a file has no name any more.
func isUnlinked(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink == 0
}

// identity reads /proc/PID/status: the last number of NSpid, which is the
// process's pid in its innermost namespace, and the fourth of Uid, which new
// files belong to (proc(5)).
func identity(status []byte) (pid int, uid uint32, err error) {
	pid, owner := 0, int64(-1)
	for line := range bytes.Lines(status) {
		fields := bytes.Fields(line)
		switch {
		case len(fields) > 1 && string(fields[0]) == "NSpid:":
			pid, _ = strconv.Atoi(string(fields[len(fields)-1]))
		case len(fields) == 5 && string(fields[0]) == "Uid:":
			owner, err = strconv.ParseInt(string(fields[4]), 10, 64)
		}
	}
	if err != nil || pid <= 0 || owner < 0 || owner >= 1<<32 {
		return 0, 0, errBadStatus
	}
	return pid, uint32(owner), nil
}
