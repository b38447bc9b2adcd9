package inventory

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"emberline/helper/protocol"
)

// run starts a program that ends with the test.
func run(t testing.TB, name string, args ...string) int {
	t.Helper()
	command := exec.Command(name, args...)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return command.Process.Pid
}

func list(t testing.TB, lister *Lister) map[int]protocol.ProcessInfo {
	t.Helper()
	processes, err := lister.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	byPID := map[int]protocol.ProcessInfo{}
	for _, process := range processes {
		byPID[process.PID] = process
	}
	return byPID
}

// until lists again and again, as a live list does, until the process is as wanted.
func until(t *testing.T, lister *Lister, pid int, wanted func(protocol.ProcessInfo, bool) bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if info, ok := list(t, lister)[pid]; wanted(info, ok) {
			return
		}
	}
	t.Fatalf("process %d never became as wanted; now %+v", pid, list(t, lister)[pid])
}

const python = "/usr/bin/python3"

// anyone can be sampled.
func anyone(int) string { return "" }

func TestListsPythonsOnly(t *testing.T) {
	lister := NewLister(anyone)
	script := filepath.Join(t.TempDir(), "two words.py")
	text := "import threading, time\nfor _ in range(3): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nwhile True: pass\n"
	if err := os.WriteFile(script, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	busy, sleeper := run(t, python, script), run(t, "sleep", "60")
	until(t, lister, busy, func(info protocol.ProcessInfo, ok bool) bool {
		return ok && info.Threads == 4 && info.CPUPercent > 20
	})
	listed := list(t, lister)
	info := listed[busy]
	if info.Command != python+" "+script || info.User == "" || info.Libc != "glibc" || info.Version < "3." ||
		!info.Profilable || info.WhyNot != "" || info.CPUPercent > 150 {
		t.Errorf("got %+v", info)
	}
	for _, other := range []int{sleeper, os.Getpid(), 2} {
		if info, ok := listed[other]; ok {
			t.Errorf("listed what is no Python: %+v", info)
		}
	}
}

func TestSaysWhyNot(t *testing.T) {
	pid := run(t, python, "-c", "import time; time.sleep(60)")
	until(t, NewLister(func(int) string { return "It belongs to another user." }), pid, func(info protocol.ProcessInfo, ok bool) bool {
		return ok && !info.Profilable && info.WhyNot == "It belongs to another user"
	})
}

func TestSkipsZombies(t *testing.T) {
	command := exec.Command(python, "-c", "import time; time.sleep(60)")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lister, pid := NewLister(anyone), command.Process.Pid
	until(t, lister, pid, func(_ protocol.ProcessInfo, ok bool) bool { return ok })
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = command.Wait() }()
	until(t, lister, pid, func(_ protocol.ProcessInfo, ok bool) bool { return !ok })
}

// The pid and the process stay, the program does not: a cached answer must not.
func TestSeesExec(t *testing.T) {
	lister := NewLister(anyone)
	gate := filepath.Join(t.TempDir(), "gate")
	toPython := run(t, "sh", "-c", "until [ -e "+gate+" ]; do sleep 0.05; done; exec "+python+" -c 'import time; time.sleep(60)'")
	fromPython := run(t, python, "-c", `import os, sys, time
while not os.path.exists(sys.argv[1]): time.sleep(0.05)
os.execv('/bin/sleep', ['sleep', '60'])`, gate)
	until(t, lister, fromPython, func(_ protocol.ProcessInfo, ok bool) bool { return ok })
	if _, ok := list(t, lister)[toPython]; ok {
		t.Error("a shell is listed")
	}
	if err := os.WriteFile(gate, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	until(t, lister, fromPython, func(_ protocol.ProcessInfo, ok bool) bool { return !ok })
	until(t, lister, toPython, func(_ protocol.ProcessInfo, ok bool) bool { return ok })
}

// BenchmarkList is of a host with 500 more processes; the first list, which
// looks at every program once, is not in it.
func BenchmarkList(b *testing.B) {
	for range 450 {
		run(b, "sleep", "600")
	}
	for range 50 {
		run(b, python, "-S", "-c", "import time; time.sleep(600)")
	}
	lister := NewLister(anyone)
	list(b, lister)
	for b.Loop() {
		list(b, lister)
	}
}
