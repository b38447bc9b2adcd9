package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"emberline/helper/internal/proc"
	"emberline/helper/protocol"
)

// initialPIDNamespace is PROC_PID_INIT_INO (include/linux/proc_ns.h).
const initialPIDNamespace = "pid:[4026531836]"

// visibility is what decides which processes the helper sees, and as whom.
type visibility struct {
	namespace string
	// hidePID is the mount option of /proc, "0" when others are visible.
	hidePID string
	// traceScope is kernel.yama.ptrace_scope.
	traceScope string
	mayTrace   bool
	// closed of the listed processes cannot be looked at.
	listed, closed int
}

func lookAround() visibility {
	v := visibility{
		hidePID: "0", traceScope: setting("/proc/sys/kernel/yama/ptrace_scope"),
		mayTrace: effectiveCapabilities().has(unix.CAP_SYS_PTRACE),
	}
	v.namespace, _ = os.Readlink("/proc/self/ns/pid")
	if mounts, err := os.ReadFile("/proc/self/mounts"); err == nil {
		v.hidePID = hidePID(string(mounts))
	}
	pids, err := proc.List()
	if err != nil {
		return v
	}
	v.listed = len(pids)
	for _, pid := range pids {
		if _, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); errors.Is(err, fs.ErrPermission) {
			v.closed++
		}
	}
	return v
}

// CheckNamespace is ErrPIDNamespace where the pids that the helper sees are not
// those that the kernel tells the sampler.
func CheckNamespace() error {
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		// Without /proc the listing of processes will say so.
		return nil
	}
	return visibility{namespace: namespace}.checkNamespace()
}

func (v visibility) checkNamespace() error {
	if v.namespace == "" || v.namespace == initialPIDNamespace {
		return nil
	}
	return protocol.Errorf(protocol.ErrPIDNamespace,
		"The helper runs in a pid namespace of its own (%s), where processes have other numbers than the kernel gives them.", v.namespace)
}

func (v visibility) check() protocol.DoctorCheck {
	if err := v.checkNamespace(); err != nil {
		return failed("proc", err)
	}
	switch {
	case v.listed == 0:
		return check("proc", false, "Mount /proc.", "no process is visible in /proc")
	case !v.mayTrace && v.hidePID != "0":
		return check("proc", false, "Run it as root, or remount /proc without hidepid.",
			"/proc is mounted with hidepid=%s: other users' processes are hidden", v.hidePID)
	case !v.mayTrace && v.closed > 0:
		return check("proc", false, "Run it as root, or grant CAP_SYS_PTRACE.",
			"%d of %d processes cannot be looked at", v.closed, v.listed)
	}
	found := fmt.Sprintf("%d processes are visible", v.listed)
	if v.closed > 0 {
		// A security module or a guarded init: not what a developer profiles.
		found += fmt.Sprintf(", %d of them closed even to root", v.closed)
	}
	if v.traceScope == "3" {
		found += "; kernel.yama.ptrace_scope is 3, so very long names and line tables stay unread"
	}
	return check("proc", true, "", "%s", found)
}

// hidePID finds the option of the proc file system at /proc (proc(5)).
func hidePID(mounts string) string {
	found := "0"
	for line := range strings.Lines(mounts) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[1] != "/proc" || fields[2] != "proc" {
			continue
		}
		// The last mount on a directory is the one that is seen.
		found = "0"
		for option := range strings.SplitSeq(fields[3], ",") {
			if value, ok := strings.CutPrefix(option, "hidepid="); ok && value != "off" {
				found = value
			}
		}
	}
	return found
}
