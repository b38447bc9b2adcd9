package doctor

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"emberline/helper/protocol"
)

// capabilitySet is a bit for each capability (capabilities(7)).
type capabilitySet uint64

func (s capabilitySet) has(capability int) bool { return s&(1<<capability) != 0 }

// needs are the capabilities that sampling takes; each is part of CAP_SYS_ADMIN
// on kernels before 5.8, but not CAP_SYS_PTRACE.
var needs = []struct {
	capability     int
	name           string
	inSystemAdmin  bool
	withoutItCants string
}{
	{unix.CAP_BPF, "CAP_BPF", true, "load BPF programs"},
	{unix.CAP_PERFMON, "CAP_PERFMON", true, "sample other users' processes"},
	{unix.CAP_SYS_PTRACE, "CAP_SYS_PTRACE", false, "look at other users' processes"},
}

func (s capabilitySet) missing() []string {
	var names []string
	for _, need := range needs {
		if !s.has(need.capability) && !(need.inSystemAdmin && s.has(unix.CAP_SYS_ADMIN)) {
			names = append(names, fmt.Sprintf("%s (to %s)", need.name, need.withoutItCants))
		}
	}
	return names
}

// CanSample tells whether the helper has the capabilities that sampling takes.
func CanSample() bool { return len(effectiveCapabilities().missing()) == 0 }

func effectiveCapabilities() capabilitySet {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return 0
	}
	return capabilitySet(sets[0].Effective) | capabilitySet(sets[1].Effective)<<32
}

func capabilities(have capabilitySet, uid int) protocol.DoctorCheck {
	next := protocol.Errorf(protocol.ErrNotPermitted, "").NextStep()
	if missing := have.missing(); len(missing) > 0 {
		return check("capabilities", false, next, "user id %d without %s", uid, strings.Join(missing, ", "))
	}
	return check("capabilities", true, next, "user id %d with CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE", uid)
}
