package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"emberline/helper/internal/rpc"
	"emberline/helper/internal/source"
	"emberline/helper/protocol"
)

// A transcript is what a client and the helper say to each other. Here the real
// server answers the client's part; test/protocol/transcripts.test.ts plays the
// real client against the helper's. UPDATE=1 writes the helper's part anew.
const transcripts = "../../../test/protocol"

type line struct {
	Client json.RawMessage `json:"client,omitempty"`
	Helper json.RawMessage `json:"helper,omitempty"`
}

func TestTranscripts(t *testing.T) {
	for name, backend := range map[string]Backend{
		"session.json": scripted(scriptedDeltas()...), "failures.json": failing(), "ended.json": ending(),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(transcripts, name)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var lines []line
			if err := json.Unmarshal(data, &lines); err != nil {
				t.Fatal(err)
			}
			replay(t, path, lines, backend)
		})
	}
}

const (
	// silence is how long the helper is listened to when it should say no more;
	// nothing it says here takes more than one delta interval.
	silence = 400 * time.Millisecond
	// patience is for a busy machine.
	patience = 10 * time.Second
)

func replay(t *testing.T, path string, lines []line, backend Backend) {
	fromClient, in := io.Pipe()
	out, toClient := io.Pipe()
	go func() {
		_, _ = New(fromClient, toClient, backend).Serve(context.Background())
		toClient.Close()
	}()
	heard := make(chan json.RawMessage)
	go func() {
		defer close(heard)
		for reader := rpc.NewReader(out); ; {
			body, err := reader.Read()
			if err != nil {
				return
			}
			heard <- body
		}
	}()
	defer in.Close()
	var written []line
	update := os.Getenv("UPDATE") == "1"
	for i, line := range lines {
		switch {
		case line.Client != nil:
			if _, err := in.Write(rpc.AppendFrame(nil, line.Client)); err != nil {
				t.Fatal(err)
			}
			written = append(written, line)
			for update && (i+1 == len(lines) || lines[i+1].Client == nil || !isNotification(line.Client)) {
				got, ok := next(heard, silence)
				if !ok {
					break
				}
				written = append(written, helperLine(got))
			}
		case update:
		default:
			got, ok := next(heard, patience)
			if !ok {
				t.Fatalf("line %d: the helper is silent, want %s", i, line.Helper)
			}
			if !equal(t, got, line.Helper) {
				t.Fatalf("line %d: the helper says\n%s\nwant\n%s", i, got, line.Helper)
			}
		}
	}
	if update {
		save(t, path, written)
		return
	}
	if more, ok := next(heard, silence); ok {
		t.Errorf("the helper says more: %s", more)
	}
}

func helperLine(message json.RawMessage) (l line) {
	l.Helper = message
	return l
}

func isNotification(message json.RawMessage) bool { return !bytes.Contains(message, []byte(`"id"`)) }

func next(heard <-chan json.RawMessage, wait time.Duration) (json.RawMessage, bool) {
	select {
	case body, ok := <-heard:
		return body, ok
	case <-time.After(wait):
		return nil, false
	}
}

func equal(t *testing.T, a, b json.RawMessage) bool {
	t.Helper()
	var left, right any
	if err := json.Unmarshal(a, &left); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &right); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(left, right)
}

func save(t *testing.T, path string, lines []line) {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(lines); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// script is a Session that has its deltas ready.
type script struct {
	mu     sync.Mutex
	deltas []protocol.Delta
	done   chan struct{}
}

func (s *script) Delta() (protocol.Delta, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.deltas) == 0 {
		return protocol.Delta{}, false
	}
	delta := s.deltas[0]
	s.deltas = s.deltas[1:]
	if len(s.deltas) == 0 && s.done != nil {
		close(s.done)
	}
	return delta, true
}

func (s *script) Done() <-chan struct{}         { return s.done }
func (s *script) Stop() (protocol.Stats, error) { return scriptedStats(6), nil }
func (s *script) Event() string                 { return "cpu-clock" }
func (s *script) Sampler() string               { return "bpf" }
func (s *script) WhyNotBPF() string             { return "" }
func (s *script) Started() time.Time            { return time.UnixMilli(1_700_000_000_000) }

func (s *script) Origin(remotePath string, pid int) (source.Origin, bool) {
	return source.Origin{PID: pid}, remotePath == "/srv/shop/app.py"
}

func scripted(deltas ...protocol.Delta) Backend {
	container := "0123456789ab"
	return Backend{
		Info: protocol.HelperInfo{
			ProtocolVersion: protocol.Version, Version: "1.2.3", BuildHash: "aa11", Hostname: "web1",
			Kernel: "6.1.0", Architecture: "x86_64", PID: 900,
			CounterMeanings: map[string]string{"samples": "Timer hits in a followed process."},
		},
		Start: func(protocol.StartParams) (Session, error) { return &script{deltas: deltas}, nil },
		ListProcesses: func(context.Context) ([]protocol.ProcessInfo, error) {
			return []protocol.ProcessInfo{
				{PID: 41, User: "www", CPUPercent: 97.5, Version: "3.12.1", Build: "shared", Libc: "glibc", Command: "python app.py", Container: &container, Threads: 4, Profilable: true},
				{PID: 42, User: "root", Version: "3.13.0", FreeThreaded: true, Build: "static", Libc: "musl", Command: "python3.13t", Threads: 1, WhyNot: "Free-threaded builds cannot be profiled yet"},
			}, nil
		},
		Doctor: func() protocol.DoctorReport {
			return protocol.DoctorReport{Checks: []protocol.DoctorCheck{
				{Name: "kernel-version", OK: true, Found: "Linux 6.1.0"},
				{Name: "btf", Found: "no type information", NextStep: "Use a kernel with it."},
			}, Samplers: []protocol.DoctorSampler{
				{Name: "bpf", Found: "is missing btf"},
				{Name: "procmem", Usable: true, Found: "samples only the Python processes of user id 1000"},
			}}
		},
		ReadSource: func(_ source.Origin, remotePath string) (protocol.SourceResult, error) {
			return protocol.SourceResult{Text: "# " + remotePath + "\nhot()\n", SHA256: "bb22"}, nil
		},
	}
}

func scriptedStats(samples int64) protocol.Stats {
	return protocol.Stats{
		DurationNs: samples * 10_000_000, FrequencyHz: 99, Sampler: "bpf", Event: "cpu-clock", Samples: samples,
		Expected: samples, BPFRuns: samples, BPFNs: samples * 5000, HelperCPUNs: 1000, HelperPeakRSSBytes: 1 << 24,
		Counters: map[string]int64{"samples": samples, "truncated": 1}, TruncatedStacks: 1, ErrorStacks: 1,
		Processes: []protocol.ProcessStats{{PID: 41, Version: "3.12.1", Samples: samples, TaskCPUNs: 9}},
	}
}

// scriptedDeltas: every kind of frame, then counts alone, then what stop sends.
func scriptedDeltas() []protocol.Delta {
	first := protocol.Delta{
		ElapsedNs: 500_000_000,
		Strings:   []string{"python [41]", "main [41]", "<module>", "/srv/shop/app.py", "vfs_read", "truncated"},
		Sources:   protocol.SourceTable{RemotePath: []int{3}, SHA256: []string{"bb22"}, PID: []int{41}},
		Functions: protocol.FunctionTable{
			Kind:   []protocol.FrameKind{protocol.KindProcess, protocol.KindThread, protocol.KindPython, protocol.KindKernel, protocol.KindError},
			Name:   []int{0, 1, 2, 4, 5},
			Source: []int{-1, -1, 0, -1, -1}, Module: []int{-1, -1, -1, -1, -1}, FirstLine: []int{0, 0, 1, 0, 0},
		},
		Frames: protocol.FrameTable{
			Function: []int{0, 1, 2, 3, 4}, Line: []int{0, 0, 9, 0, 0}, EndLine: []int{0, 0, 9, 0, 0},
			Column: []int{0, 0, 4, 0, 0}, EndColumn: []int{0, 0, 12, 0, 0},
		},
		Nodes:  protocol.NodeTable{Parent: []int{-1, 0, 1, 2, 1}, Frame: []int{0, 1, 2, 3, 4}},
		Counts: protocol.SampleCounts{Node: []int{2, 3, 4}, Count: []int{1, 1, 1}},
		Stats:  scriptedStats(3),
	}
	return []protocol.Delta{first, scriptedCounts(4), scriptedCounts(6)}
}

func scriptedCounts(samples int64) protocol.Delta {
	return protocol.Delta{
		ElapsedNs: samples * 250_000_000, Strings: []string{},
		Sources:   protocol.SourceTable{RemotePath: []int{}, SHA256: []string{}, PID: []int{}},
		Functions: protocol.FunctionTable{Kind: []protocol.FrameKind{}, Name: []int{}, Source: []int{}, Module: []int{}, FirstLine: []int{}},
		Frames:    protocol.FrameTable{Function: []int{}, Line: []int{}, EndLine: []int{}, Column: []int{}, EndColumn: []int{}},
		Nodes:     protocol.NodeTable{Parent: []int{}, Frame: []int{}},
		Counts:    protocol.SampleCounts{Node: []int{2}, Count: []int{1}},
		Stats:     scriptedStats(samples),
	}
}

// failing refuses the first start and then lets one run.
func failing() Backend {
	backend, attempts := scripted(), 0
	backend.Start = func(protocol.StartParams) (Session, error) {
		if attempts++; attempts == 1 {
			return nil, protocol.Errorf(protocol.ErrUnsupportedPython, "Process 42 runs Python 3.9.18, but versions before 3.11 cannot be profiled yet.")
		}
		return &script{}, nil
	}
	return backend
}

// ending has a session whose targets are gone after its first delta.
func ending() Backend {
	backend := scripted()
	backend.Start = func(protocol.StartParams) (Session, error) {
		return &script{deltas: scriptedDeltas()[:1], done: make(chan struct{})}, nil
	}
	return backend
}
