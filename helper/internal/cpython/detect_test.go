package cpython

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
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
			var unsupported *UnsupportedError
			isOld := strings.HasPrefix(version, "2.") || found.Version.Minor < 11
			if errors.As(err, &unsupported) != isOld {
				t.Errorf("%s: %v", path, err)
			}
			if err == nil && (found.Libc != "glibc" || found.KeyAddress == 0) {
				t.Errorf("%+v", found)
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
	loader := map[string]string{"amd64": "/lib64/ld-linux-x86-64.so.2", "arm64": "/lib/ld-linux-aarch64.so.1"}[runtime.GOARCH]
	if _, err := os.Stat(loader); err != nil {
		t.Skipf("no glibc loader on this machine (%v)", err)
	}
	for python, version := range interpreters(t) {
		found, err := detect(t, NewDetector(), exec.Command(loader, python, "-c", "import sys; sys.stdin.read()"))
		if found == nil || found.Version.String() != version {
			t.Errorf("%s %s: %+v, %v", loader, python, found, err)
		}
	}
}
