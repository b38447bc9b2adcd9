package proc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuClockScheduler is the CPUCLOCK_SCHED member of a per-process clock id
// (include/linux/posix-timers.h): nanoseconds of the scheduler's own account.
const cpuClockScheduler = 2

// CPUTimeNs is the CPU time of all threads of a process, dead ones included.
func CPUTimeNs(pid int) (int64, error) {
	var spec unix.Timespec
	clock := int32(^pid)<<3 | cpuClockScheduler
	if err := unix.ClockGettime(clock, &spec); err != nil {
		return 0, fmt.Errorf("CPU time of process %d: %w", pid, err)
	}
	return spec.Nano(), nil
}

// userHz is the unit of times in /proc/PID/stat: USER_HZ, 100 on every
// architecture that the helper is built for.
const userHz = 100

// StartTime is when the process started, by the host's wall clock; exact to 10 ms.
func (p *Process) StartTime() (time.Time, error) {
	data, err := p.read("stat")
	if err != nil {
		return time.Time{}, err
	}
	ticks, err := startTicks(string(data))
	if err != nil {
		return time.Time{}, err
	}
	var sinceBoot unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &sinceBoot); err != nil {
		return time.Time{}, err
	}
	age := time.Duration(sinceBoot.Nano()) - time.Duration(ticks)*time.Second/userHz
	return time.Now().Add(-age), nil
}

var errBadStat = errors.New("stat of a process is not in the form of proc(5)")

// startTicks is field 22 of /proc/PID/stat. The second field, the name in
// parentheses, may itself hold spaces and parentheses.
func startTicks(stat string) (int64, error) {
	end := strings.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, errBadStat
	}
	fields := strings.Fields(stat[end+1:])
	const afterName = 22 - 3
	if len(fields) <= afterName {
		return 0, errBadStat
	}
	ticks, err := strconv.ParseInt(fields[afterName], 10, 64)
	if err != nil {
		return 0, errBadStat
	}
	return ticks, nil
}
