package profiler

import (
	"fmt"
	"strings"
	"testing"

	"emberline/helper/internal/aggregate"
	"emberline/helper/internal/cpython"
	"emberline/helper/internal/source"
	"emberline/helper/internal/symbolize"
	"emberline/helper/internal/trace"
	"emberline/helper/protocol"
)

// session is one without a kernel side.
func session() *Session {
	s := &Session{
		kernel:       symbolize.NewKernel(),
		tree:         aggregate.NewTree(),
		kernelFrames: map[uint64]aggregate.FrameID{},
		byPID:        map[int]*target{},
		targets:      map[uint32]*target{},
		origins:      map[sourceFile]source.Origin{},
	}
	s.codes = newCodeTable(s.tree)
	return s
}

func (s *Session) addTarget(pid int, generation uint32) {
	s.newTarget(pid, generation, "app", &cpython.Interpreter{Offsets: cpython.Offsets{Rules: cpython.Rules{Form: cpython.FormLocations}}}, place{directory: "/srv", sourcePID: pid})
}

func codeRecord(generation uint32, address uint64, file, name string) *trace.CodeRecord {
	text := func(s string) trace.Piece { return trace.Piece{Bytes: []byte(s), Present: true, Kind: 1} }
	return &trace.CodeRecord{
		ID: trace.CodeID{Address: address, Generation: generation, Checksum: 1}, FirstLine: 10,
		Filename: text(file), Qualname: text(name),
		// One entry: two units on line 11, columns 4 to 6.
		LineTable: trace.Piece{Bytes: []byte{0x80 | 11<<3 | 1, 4, 6}, Present: true, Kind: 1},
	}
}

// stack is a sample, leaf first; address 0 is an entry marker.
func stack(generation uint32, addresses ...uint64) *trace.Sample {
	sample := &trace.Sample{Count: 1, Generation: generation, TID: 5, Comm: "worker"}
	for _, address := range addresses {
		sample.Python = append(sample.Python, trace.PythonFrame{
			Code:   trace.CodeID{Address: address, Generation: generation, Checksum: 1},
			Marker: address == 0,
		})
	}
	return sample
}

func (s *Session) stacks() string {
	var lines []string
	s.Walk(func(frames []aggregate.Frame, count int64) {
		var names []string
		for _, frame := range frames[2:] {
			name := frame.Name
			if frame.Kind == protocol.KindPython {
				name = fmt.Sprintf("%s %s:%d[%d-%d]", frame.Name, frame.RemotePath, frame.Line, frame.Column, frame.EndColumn)
			}
			names = append(names, name)
		}
		lines = append(lines, fmt.Sprintf("%s %d", strings.Join(names, ";"), count))
	})
	return strings.Join(lines, "\n")
}

func check(t *testing.T, s *Session, want string, errors int64) {
	t.Helper()
	if got := s.stacks(); got != want || s.totals.errors != errors {
		t.Errorf("stacks\n%s\nwith %d errors, want\n%s\nwith %d", got, s.totals.errors, want, errors)
	}
}

func TestStacksAreResolvedRootFirst(t *testing.T) {
	s := session()
	s.addTarget(7, 1)
	s.Code(codeRecord(1, 0x100, "/srv/a.py", "main"))
	s.Code(codeRecord(1, 0x200, "b.py", "C.work"))
	s.Code(codeRecord(1, 0x300, "__init__", "__init__"))
	s.Sample(stack(1, 0x200, 0, 0x300, 0x100, 0))
	check(t, s, "main /srv/a.py:11[4-6];C.work /srv/b.py:11[4-6] 1", 0)
}

func TestUnreadablePartsAreFrames(t *testing.T) {
	s := session()
	s.addTarget(7, 1)
	s.Code(codeRecord(1, 0x100, "/srv/a.py", "main"))
	cut := stack(1, 0x100)
	cut.Failed, cut.Reason = true, "frame_unreadable"
	s.Sample(cut)
	deep := stack(1, 0x100)
	deep.Truncated = true
	s.Sample(deep)
	s.Sample(stack(1, 0x999))
	unread := stack(1, 0x100)
	unread.Python[0].Code.Checksum = 0
	unread.Failed, unread.Reason = true, "code_unreadable"
	s.Sample(unread)
	check(t, s, strings.Join([]string{
		"frame_unreadable;main /srv/a.py:11[4-6] 1",
		"truncated;main /srv/a.py:11[4-6] 1",
		"code_not_received 1",
		"code_unreadable;code_unreadable 1",
	}, "\n"), 3)
	if s.totals.truncated != 1 {
		t.Errorf("%d truncated", s.totals.truncated)
	}
}

func TestRecordsThatOvertakeTheFork(t *testing.T) {
	s := session()
	s.addTarget(7, 1)
	s.Code(codeRecord(2, 0x100, "/srv/a.py", "child"))
	s.Sample(stack(2, 0x100))
	s.giveUpEarly()
	check(t, s, "", 0)
	s.Code(codeRecord(2, 0x200, "/srv/a.py", "work"))
	s.onProcess(trace.ProcessEvent{Kind: trace.Forked, PID: 8, Parent: 7, Generation: 2, ParentGeneration: 1})
	// The event came between a code and the sample that names it.
	s.Sample(stack(2, 0x200, 0x100))
	check(t, s, "child /srv/a.py:11[4-6] 1\nchild /srv/a.py:11[4-6];work /srv/a.py:11[4-6] 1", 0)
	if len(s.early) != 0 || s.totals.orphans != 0 {
		t.Errorf("%d wait, %d orphans", len(s.early), s.totals.orphans)
	}
}

func TestSamplesOfNobodyAreCounted(t *testing.T) {
	s := session()
	s.Sample(stack(9, 0x100))
	for range earlyDrains {
		if s.totals.orphans != 0 {
			t.Fatal("given up too early")
		}
		s.giveUpEarly()
	}
	if s.totals.orphans != 1 || len(s.early) != 0 {
		t.Errorf("%d orphans, %d wait", s.totals.orphans, len(s.early))
	}
}

func TestSamplesAfterTheExitStillHaveNames(t *testing.T) {
	s := session()
	s.addTarget(7, 1)
	s.Code(codeRecord(1, 0x100, "/srv/a.py", "main"))
	s.onProcess(trace.ProcessEvent{Kind: trace.Exited, PID: 7, Generation: 1, CPUNs: 5})
	if len(s.byPID) != 0 {
		t.Error("still followed")
	}
	s.Sample(stack(1, 0x100))
	check(t, s, "main /srv/a.py:11[4-6] 1", 0)
	for range earlyDrains + 1 {
		s.forgetEnded()
	}
	if len(s.codes.codes) != 0 || s.targets[1] == nil {
		t.Errorf("codes of %d address spaces kept; target %v", len(s.codes.codes), s.targets[1])
	}
}

func TestFileNamesAreAbsolute(t *testing.T) {
	for name, want := range map[string]string{
		"a.py": "/srv/a.py", "./a.py": "/srv/a.py", "/srv/./a.py": "/srv/a.py", "/srv//a.py": "/srv/a.py",
		"/srv/link/../a.py": "/srv/link/../a.py", "<string>": "<string>", "": "",
	} {
		if got := absolute(name, "/srv"); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	if got := absolute("a.py", ""); got != "a.py" {
		t.Errorf("without a directory %q", got)
	}
}
