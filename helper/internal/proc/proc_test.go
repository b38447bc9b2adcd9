package proc

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"reflect"
	"testing"
	"time"
	"unsafe"
)

func open(t *testing.T, pid int) *Process {
	t.Helper()
	process, err := Open(pid)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { process.Close() })
	return process
}

func TestParseMaps(t *testing.T) {
	text := "55d0c0a00000-55d0c0a2c000 r-xp 00001000 08:01 1234                       /usr/bin/my prog (v2)\n" +
		"7f00-8f00 rw-p 00000000 00:00 0 \n" +
		"9f00-9f10 r--p 00000000 fe:01 77   /tmp/a\\012b (deleted)\n" +
		"nonsense\n" +
		"20-10 rw-p 00000000 00:00 0 \n"
	want := []Mapping{
		{Start: 0x55d0c0a00000, End: 0x55d0c0a2c000, Permissions: "r-xp", FileOffset: 0x1000, Device: "08:01", Inode: 1234, Path: "/usr/bin/my prog (v2)"},
		{Start: 0x7f00, End: 0x8f00, Permissions: "rw-p", Device: "00:00"},
		{Start: 0x9f00, End: 0x9f10, Permissions: "r--p", Device: "fe:01", Inode: 77, Path: "/tmp/a\nb", Deleted: true},
	}
	if got := parseMaps([]byte(text)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestParseContainer(t *testing.T) {
	id := "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for cgroup, want := range map[string]string{
		"0::/system.slice/ssh.service\n":                            "",
		"0::/system.slice/docker-" + id + ".scope\n":                id[:12],
		"12:cpu:/docker/" + id + "\n0::/\n":                         id[:12],
		"0::/kubepods.slice/pod1/cri-containerd-" + id + ".scope\n": id[:12],
		"0::/lxc.payload.web1/system.slice/cron.service\n":          "web1",
		"0::/machine.slice/systemd-nspawn@build.service/payload\n":  "build",
		"":             "",
		"0::/user/abc": "",
	} {
		if got := parseContainer(cgroup); got != want {
			t.Errorf("%q: got %q, want %q", cgroup, got, want)
		}
	}
}

func TestStartTicksToleratesHostileNames(t *testing.T) {
	stat := "42 (a) R 1) S 1 42 42 0 -1 4194304 1 0 0 0 5 6 0 0 20 0 1 0 98765 1000 1\n"
	if ticks, err := startTicks(stat); err != nil || ticks != 98765 {
		t.Errorf("got %d, %v", ticks, err)
	}
	for _, bad := range []string{"", "42 (a", "42 (a) S 1 2"} {
		if _, err := startTicks(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestOwnProcess(t *testing.T) {
	process := open(t, os.Getpid())
	if uid, err := process.UID(); err != nil || uid != os.Geteuid() {
		t.Errorf("UID %d, %v", uid, err)
	}
	if process.Threads() < 1 || process.CommandLine() == "" || process.Comm() == "?" {
		t.Errorf("threads %d, command %q, comm %q", process.Threads(), process.CommandLine(), process.Comm())
	}
	started, err := process.StartTime()
	if err != nil || time.Since(started) < 0 || time.Since(started) > time.Hour {
		t.Errorf("started %v, %v", started, err)
	}
	maps, err := process.Maps()
	if err != nil {
		t.Fatal(err)
	}
	executable, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	for i := range maps {
		if maps[i].Path != executable {
			continue
		}
		file, err := process.OpenMapped(&maps[i])
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		id, err := FileIDOf(file)
		if err != nil || id.Inode != maps[i].Inode {
			t.Errorf("opened %+v, mapped inode %d, %v", id, maps[i].Inode, err)
		}
		return
	}
	t.Errorf("%s is not among the mappings", executable)
}

func TestMemory(t *testing.T) {
	text := []byte("read me from outside")
	got := make([]byte, len(text))
	address := int64(uintptr(unsafe.Pointer(&text[0])))
	if _, err := Memory(os.Getpid()).ReadAt(got, address); err != nil || string(got) != string(text) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := Memory(os.Getpid()).ReadAt(got, 8); err == nil {
		t.Error("unmapped memory was read")
	}
}

func TestCPUTimeCountsWork(t *testing.T) {
	before, err := CPUTimeNs(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(30 * time.Millisecond); time.Now().Before(until); {
	}
	after, err := CPUTimeNs(os.Getpid())
	if err != nil || after-before < int64(time.Millisecond) {
		t.Errorf("%d ns counted, %v", after-before, err)
	}
}

func TestVanishedProcess(t *testing.T) {
	command := exec.Command("sleep", "60")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	process := open(t, command.Process.Pid)
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	if _, err := process.Maps(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that it does not exist", err)
	}
	if _, err := Open(command.Process.Pid); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that it does not exist", err)
	}
}
