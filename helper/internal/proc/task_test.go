package proc

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestTaskState(t *testing.T) {
	stat := "7 (a) R (b) S 1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 99 1000 200 1 2 3 4 5 6 7 8 9 10 11 12 13 17 3 0 0\n"
	got, err := parseTaskState([]byte(stat))
	if err != nil || got.State != 'S' || got.CPU != 3 || string(got.Comm) != "a) R (b" {
		t.Errorf("%+v, %q, %v", got, got.Comm, err)
	}
	for _, bad := range []string{"", "7 (a", "7 (a)", "7 (a) S 1 2 3", ")("} {
		if got, err := parseTaskState([]byte(bad)); err == nil {
			t.Errorf("%q is %+v", bad, got)
		}
	}
}

func TestLastRan(t *testing.T) {
	const sched = "cat (12622, #threads: 1)\n-----\nse.exec_start                                :       6156489.456064\nse.vruntime : 1.5\n"
	if got, err := parseLastRan([]byte(sched)); got != 6156489456064 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
	for _, bad := range []string{"", "\nse.exec_start", "\nse.exec_start : 12", "\nse.exec_start : 12.5\n"} {
		if got, err := parseLastRan([]byte(bad)); err == nil {
			t.Errorf("%q is %d", bad, got)
		}
	}
}

func TestTaskOfThisThread(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	task, err := OpenTask(os.Getpid(), unix.Gettid())
	if err != nil {
		t.Fatal(err)
	}
	defer task.Close()
	buffer := make([]byte, 4096)
	before, err := task.Schedule(buffer)
	if err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
		continue
	}
	time.Sleep(time.Millisecond)
	after, err := task.Schedule(buffer)
	if err != nil || after.CPUNs <= before.CPUNs || after.Turns <= before.Turns {
		t.Errorf("%+v after %+v, %v", after, before, err)
	}
	if state, err := task.State(buffer); err != nil || state.State != 'R' || state.CPU < 0 || state.CPU >= 4096 {
		t.Errorf("%+v, %v", state, err)
	}
	if ran, err := task.LastRanNs(buffer); err == nil && ran <= 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%d, %v", ran, err)
	}
	if id, err := task.InnermostID(buffer); err != nil || id <= 0 {
		t.Errorf("%d, %v", id, err)
	}
}

func TestTaskList(t *testing.T) {
	list, err := OpenTaskList(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	count, err := list.Count()
	if err != nil || count < 2 {
		t.Errorf("%d threads, %v", count, err)
	}
	for range 2 { // it is read from its start each time
		if ids, err := list.IDs(); err != nil || !slices.Contains(ids, os.Getpid()) || len(ids) < 2 {
			t.Errorf("%v, %v", ids, err)
		}
	}
	if _, err := OpenTask(os.Getpid(), 1<<30); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a thread that is not there: %v", err)
	}
}

func TestSpaceEndsWithItsProgram(t *testing.T) {
	command := exec.Command("sleep", "60")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	space, err := OpenSpace(command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer space.Close()
	_ = command.Process.Kill()
	_ = command.Wait()
	if n, err := space.ReadAt(make([]byte, 1), 0x400000); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestParents(t *testing.T) {
	command := exec.Command("sleep", "60")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = command.Process.Kill(); _ = command.Wait() }()
	if parent := ParentOf(command.Process.Pid); parent != os.Getpid() {
		t.Errorf("parent %d of %d", parent, os.Getpid())
	}
	if !IsOwnPIDNamespace(command.Process.Pid) || ParentOf(1<<30) != 0 || ExecutableInode(1<<30) != 0 {
		t.Error("of processes")
	}
}
