package cpython

import (
	"bytes"
	"debug/elf"
	"errors"
	"os/exec"
	"testing"
	"time"

	"emberline/helper/internal/proc"
)

func detect(t *testing.T, detector *Detector, command *exec.Cmd) (*Interpreter, error) {
	t.Helper()
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = command.Wait() }()
	defer stdin.Close()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		process, err := proc.Open(command.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		found, err := detector.Detect(process)
		process.Close()
		if !errors.Is(err, ErrNotReady) || time.Now().After(deadline) {
			return found, err
		}
	}
}

func TestDetectSaysWhatTheInterpreterSays(t *testing.T) {
	detector := NewDetector()
	for path, version := range interpreters(t) {
		t.Run(version, func(t *testing.T) {
			found, err := detect(t, detector, exec.Command(path, "-c", "import sys; sys.stdin.read()"))
			if found == nil {
				t.Fatalf("%s: %v", path, err)
			}
			if found.Version.String() != version {
				t.Errorf("%s is %s, not %s", path, version, found.Version)
			}
			if err != nil || found.Libc != "glibc" {
				t.Errorf("%+v, %v", found, err)
			}
		})
	}
}

func TestDetectRefusesOtherPrograms(t *testing.T) {
	if found, err := detect(t, NewDetector(), exec.Command("cat")); !errors.Is(err, ErrNotPython) {
		t.Errorf("cat is %+v, %v", found, err)
	}
}

func TestDetectWaitsForWhatTheLoaderRuns(t *testing.T) {
	for python, version := range interpreters(t) {
		loader := loaderOf(t, python)
		found, err := detect(t, NewDetector(), exec.Command(loader, python, "-c", "import sys; sys.stdin.read()"))
		if found == nil || found.Version.String() != version {
			t.Errorf("%s %s: %+v, %v", loader, python, found, err)
		}
	}
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
