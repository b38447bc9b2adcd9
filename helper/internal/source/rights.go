package source

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"emberline/helper/internal/proc"
)

// Rights are what a process may do with files: its file system user and groups,
// and whether it overrides permission bits. Ids are the helper's user
// namespace's, as /proc/PID/status shows them.
type Rights struct {
	UID, GID int
	Groups   []int
	// Override: CAP_DAC_OVERRIDE or CAP_DAC_READ_SEARCH is effective.
	Override bool
}

// Nobody may do what every process may: the rights of one that cannot be asked.
var Nobody = Rights{UID: overflowID, GID: overflowID}

// overflowID is the kernel's id for "none of those known here"
// (/proc/sys/kernel/overflowuid).
const overflowID = 65534

// RightsOf asks a running process; ok is false, with the rights of Nobody, when
// it has gone.
func RightsOf(process *proc.Process) (rights Rights, ok bool) {
	status, err := process.Status()
	if err != nil {
		return Nobody, false
	}
	rights, err = parseStatus(status)
	if err != nil {
		return Nobody, false
	}
	return rights, true
}

// overrideCapabilities let a process ignore the permission bits of files.
const overrideCapabilities = 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_DAC_READ_SEARCH

var errBadStatus = errors.New("status of a process is not in the form of proc(5)")

// parseStatus reads the Uid, Gid, Groups and CapEff lines of /proc/PID/status.
func parseStatus(status []byte) (Rights, error) {
	rights := Rights{UID: -1, GID: -1}
	// The fourth of real, effective, saved and file system id.
	fourth := func(fields []string) int {
		if len(fields) != 4 {
			return -1
		}
		id, err := strconv.ParseUint(fields[3], 10, 32)
		if err != nil {
			return -1
		}
		return int(id)
	}
	for line := range bytes.Lines(status) {
		name, value, _ := strings.Cut(string(line), ":")
		fields := strings.Fields(value)
		switch name {
		case "Uid":
			rights.UID = fourth(fields)
		case "Gid":
			rights.GID = fourth(fields)
		case "Groups":
			for _, field := range fields {
				id, err := strconv.ParseUint(field, 10, 32)
				if err != nil {
					return Rights{}, errBadStatus
				}
				rights.Groups = append(rights.Groups, int(id))
			}
		case "CapEff":
			effective, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			if err != nil {
				return Rights{}, errBadStatus
			}
			rights.Override = effective&overrideCapabilities != 0
		}
	}
	if rights.UID < 0 || rights.GID < 0 {
		return Rights{}, errBadStatus
	}
	return rights, nil
}

// assume gives the calling thread these rights over files and no others; they
// cannot be given back, so the thread must end afterwards. A helper that may
// not switch users keeps its own user, which is that of whoever started it, and
// loses what goes beyond that user's permission bits.
func (r Rights) assume() error {
	switch err := unix.Setgroups(r.Groups); {
	case errors.Is(err, unix.EPERM):
		return dropOverride()
	case err != nil:
		return fmt.Errorf("set groups: %w", err)
	}
	// Both calls answer the previous id and no error, so the second call tells
	// whether the first one worked (setfsuid(2)).
	if err := errors.Join(unix.Setfsgid(r.GID), unix.Setfsuid(r.UID)); err != nil {
		return fmt.Errorf("set file system ids: %w", err)
	}
	gid, gidErr := unix.SetfsgidRetGid(-1)
	uid, uidErr := unix.SetfsuidRetUid(-1)
	if err := errors.Join(gidErr, uidErr); err != nil {
		return fmt.Errorf("read file system ids: %w", err)
	}
	if gid != r.GID || uid != r.UID {
		return fmt.Errorf("file system ids are %d:%d and not %d:%d: %w", uid, gid, r.UID, r.GID, unix.EPERM)
	}
	if r.Override && r.UID == 0 {
		return nil
	}
	return dropOverride()
}

func dropOverride() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	sets[0].Effective &^= overrideCapabilities
	if err := unix.Capset(&header, &sets[0]); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}
