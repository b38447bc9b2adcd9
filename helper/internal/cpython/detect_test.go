package cpython

import (
	"bytes"
	"debug/elf"
	"errors"
	"os/exec"
	"testing"
	"time"

	"emberline/helper/internal/proc"
	"emberline/helper/internal/pythontest"
)

func detect(t *testing.T, detector *Detector, pid int) (*Interpreter, error) {
	t.Helper()
	process, err := proc.Open(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	return detector.Detect(process)
}

func TestDetectSaysWhatTheInterpreterSays(t *testing.T) {
	detector := NewDetector()
	pythontest.Each(t, func(t *testing.T, python *pythontest.Interpreter) {
		running := python.Start(t, "import sys, time\nprint('ready'); sys.stdout.flush(); time.sleep(60)\n")
		found, err := detect(t, detector, running.PID)
		if found == nil {
			t.Fatalf("%s: %v", python.Path, err)
		}
		if found.Version.String() != python.Version {
			t.Errorf("%s is %s, not %s", python.Path, python.Version, found.Version)
		}
		if err != nil || found.Libc != "glibc" || found.InterpretersAddress == 0 {
			t.Errorf("%+v, %v", found, err)
		}
	})
}

func TestDetectRefusesOtherPrograms(t *testing.T) {
	running := pythontest.Run(t, exec.Command("sh", "-c", "echo ready; exec sleep 60"))
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		found, err := detect(t, NewDetector(), running.PID)
		if errors.Is(err, ErrNotPython) {
			return
		}
		if !errors.Is(err, ErrNotReady) || time.Now().After(deadline) {
			t.Fatalf("sleep is %+v, %v", found, err)
		}
	}
}

func TestDetectWaitsForWhatTheLoaderRuns(t *testing.T) {
	pythontest.Each(t, func(t *testing.T, python *pythontest.Interpreter) {
		const program = "import sys; sys.stdin.read()"
		// An interpreter of a newer suite is run by its own loader anyway.
		running := python.Command("-c", program)
		if running.Path == python.Path {
			running = exec.Command(loaderOf(t, python.Path), python.Path, "-c", program)
		}
		stdin, err := running.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := running.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = running.Wait() }()
		defer stdin.Close()
		for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
			found, err := detect(t, NewDetector(), running.Process.Pid)
			if err == nil && found.Version.String() == python.Version {
				return
			}
			if !errors.Is(err, ErrNotReady) || time.Now().After(deadline) {
				t.Fatalf("%s: %+v, %v", running, found, err)
			}
		}
	})
}

// loaderOf is the dynamic loader that a program asks for; a machine may have
// others, for other word sizes.
func loaderOf(t *testing.T, program string) string {
	t.Helper()
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	section := file.Section(".interp")
	if section == nil {
		t.Fatalf("%s asks for no loader", program)
	}
	data, err := section.Data()
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimRight(data, "\x00"))
}
