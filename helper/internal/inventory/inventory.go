// Package inventory lists the Python processes of the host.
package inventory

import (
	"context"
	"errors"
	"io/fs"
	"os/user"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"emberline/helper/internal/cpython"
	"emberline/helper/internal/proc"
	"emberline/helper/protocol"
)

// Lister lists again and again; what does not change it finds out once. Safe
// for concurrent use.
type Lister struct {
	// whyNot is why a process cannot be sampled, empty when it can.
	whyNot   func(pid int) string
	detector *cpython.Detector

	mu       sync.Mutex
	verdicts map[identity]*verdict
	users    map[int]string
	cpu      meter
}

// NewLister makes a lister; whyNot says why the helper could not sample a process
// that is a Python, empty when it could.
func NewLister(whyNot func(pid int) string) *Lister {
	return &Lister{
		whyNot:   whyNot,
		detector: cpython.NewDetector(),
		verdicts: map[identity]*verdict{},
		users:    map[int]string{},
		cpu:      meter{read: proc.CPUTimeNs, started: started, now: time.Now},
	}
}

// List returns every Python process, busiest first. CPU shares are those since
// the last call, or over a short window of their own when that is too long ago.
func (l *Lister) List(ctx context.Context) ([]protocol.ProcessInfo, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	processes, err := l.find()
	if err != nil {
		return nil, protocol.Errorf(protocol.ErrInternal, "The processes cannot be listed (%w).", err)
	}
	pids := make([]int, len(processes))
	for i := range processes {
		pids[i] = processes[i].PID
	}
	percent, err := l.cpu.measure(ctx, pids)
	if err != nil {
		return nil, err
	}
	for i := range processes {
		processes[i].CPUPercent = percent[processes[i].PID]
	}
	slices.SortFunc(processes, func(a, b protocol.ProcessInfo) int {
		switch {
		case a.CPUPercent > b.CPUPercent:
			return -1
		case a.CPUPercent < b.CPUPercent:
			return 1
		}
		return a.PID - b.PID
	})
	return processes, nil
}

func started(pid int) (time.Time, error) {
	process, err := proc.Open(pid)
	if err != nil {
		return time.Time{}, err
	}
	defer process.Close()
	return process.StartTime()
}

func (l *Lister) find() ([]protocol.ProcessInfo, error) {
	pids, err := proc.List()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	alive := make(map[identity]*verdict, len(pids))
	processes := []protocol.ProcessInfo{}
	for _, pid := range pids {
		id, ok := identify(pid)
		if !ok {
			continue
		}
		known := l.verdicts[id]
		if known == nil {
			known = &verdict{}
		}
		alive[id] = known
		if info, ok := l.look(pid, known, now); ok {
			processes = append(processes, info)
		}
	}
	l.verdicts = alive
	return processes, nil
}

// look describes a process that is a Python.
func (l *Lister) look(pid int, known *verdict, now time.Time) (protocol.ProcessInfo, bool) {
	if !known.isPython && now.Before(known.askAgain) {
		return protocol.ProcessInfo{}, false
	}
	process, err := proc.Open(pid)
	if err != nil {
		return protocol.ProcessInfo{}, false
	}
	defer process.Close()
	if !known.isPython {
		known.ask(l.detector, process, now)
		if why := l.whyNot(pid); known.info.Profilable && why != "" {
			known.info.Profilable, known.info.WhyNot = false, strings.TrimSuffix(why, ".")
		}
	}
	if !known.isPython {
		return protocol.ProcessInfo{}, false
	}
	info := known.info
	info.PID, info.Threads, info.Command = pid, process.Threads(), process.CommandLine()
	if info.Command == "" {
		info.Command = "[" + process.Comm() + "]"
	}
	if id := process.Container(); id != "" {
		info.Container = &id
	}
	info.User = l.user(process)
	return info, true
}

// user names the process's owner as the host's /etc/passwd does, or by number.
func (l *Lister) user(process *proc.Process) string {
	uid, err := process.UID()
	if err != nil {
		return "?"
	}
	if name, ok := l.users[uid]; ok {
		return name
	}
	name := strconv.Itoa(uid)
	if found, err := user.LookupId(name); err == nil {
		name = found.Username
	}
	l.users[uid] = name
	return name
}

// verdict is what was found out about one program in one process.
type verdict struct {
	isPython bool
	info     protocol.ProcessInfo
	// A program may become a Python by loading the library, so that none is not
	// for ever; but the longer it was none the less often it is looked at.
	askAgain time.Time
	patience time.Duration
}

const (
	minPatience = 2 * time.Second
	maxPatience = time.Minute
)

// pythonName is how interpreters are called whose memory may not be read.
var pythonName = regexp.MustCompile(`^(python|pypy)[\d.]*t?$`)

func (v *verdict) ask(detector *cpython.Detector, process *proc.Process, now time.Time) {
	found, err := detector.Detect(process)
	var unsupported *cpython.UnsupportedError
	switch {
	case err == nil:
		v.isPython, v.info = true, describe(found)
		v.info.Profilable = true
	case errors.As(err, &unsupported):
		v.isPython = true
		if found != nil {
			v.info = describe(found)
		}
		v.info.WhyNot = sentence(unsupported.Why)
	case errors.Is(err, cpython.ErrNotReady):
		// The next list may have it.
	case errors.Is(err, fs.ErrPermission) && looksLikePython(process):
		v.isPython = true
		v.info.WhyNot = "Its memory cannot be read without root"
	default:
		v.patience = min(max(2*v.patience, minPatience), maxPatience)
		v.askAgain = now.Add(v.patience)
	}
}

func describe(found *cpython.Interpreter) protocol.ProcessInfo {
	info := protocol.ProcessInfo{FreeThreaded: found.FreeThreaded, Build: "static", Libc: found.Libc}
	if found.Shared {
		info.Build = "shared"
	}
	if !found.Version.IsZero() {
		info.Version = found.Version.String()
	}
	return info
}

func looksLikePython(process *proc.Process) bool {
	program, _, _ := strings.Cut(process.CommandLine(), " ")
	return pythonName.MatchString(path.Base(program)) || pythonName.MatchString(process.Comm())
}

func sentence(clause string) string {
	if clause == "" {
		return clause
	}
	return strings.ToUpper(clause[:1]) + clause[1:]
}
