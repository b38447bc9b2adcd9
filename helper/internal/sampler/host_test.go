package sampler

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"emberline/helper/internal/cpython"
	"emberline/helper/internal/trace"
)

const repository = "../../.."

// walkProgram is the sampler's C compiled for this machine, with what finds
// accesses out of bounds and undefined behaviour. BPF reads words at any
// address, so alignment is not asked for.
var walkProgram = sync.OnceValues(func() (string, error) {
	program, err := filepath.Abs(filepath.Join(repository, "out/host/walk"))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return "", err
	}
	target := map[string]string{"amd64": "x86", "arm64": "arm64"}[runtime.GOARCH]
	build := exec.Command("gcc", "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas",
		"-fsanitize=address,undefined", "-fno-sanitize=alignment", "-fno-sanitize-recover",
		"-D__TARGET_ARCH_"+target, "-include", "kernel.h", "-o", program, "walk.c", "kernel.c")
	build.Dir = filepath.Join(repository, "test/host")
	build.Stderr = os.Stderr
	return program, build.Run()
})

// bytesOf views one of the generated structs as the bytes that C sees.
func bytesOf[T any](value *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(value)), unsafe.Sizeof(*value))
}

// read is a range that the walk read of a running process.
type read struct{ address, size uint64 }

// typeRead is REPLAY_READ of walk.c.
const typeRead = 0x64616572

// walked is what the walk put into the ring.
type walked struct {
	samples []trace.Sample
	codes   map[trace.CodeID]*trace.CodeRecord
	classes map[uint64]string
	reads   []read
}

func (w *walked) Sample(sample *trace.Sample) {
	kept := *sample
	kept.Python = append([]trace.PythonFrame(nil), sample.Python...)
	w.samples = append(w.samples, kept)
}

func (w *walked) Code(record *trace.CodeRecord) { w.codes[record.ID] = record }

func (w *walked) Class(record *trace.ClassRecord) { w.classes[record.ID] = record.Name }

// walk runs the program on an image, or with a pid on that process. The replay
// file stays for a debugger: gdb --args out/host/walk out/host/NAME.replay
func walk(t *testing.T, name string, captured *image, pid int) *walked {
	t.Helper()
	program, err := walkProgram()
	if err != nil {
		t.Fatalf("the host build of bpf/: %v", err)
	}
	file := filepath.Join(filepath.Dir(program), name+".replay")
	if err := os.WriteFile(file, captured.replay(t, pid), 0o644); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, file)
	command.Stderr = os.Stderr
	raw, err := command.Output()
	if err != nil {
		t.Fatalf("gdb --args %s %s: %v", program, file, err)
	}
	w := &walked{codes: map[trace.CodeID]*trace.CodeRecord{}, classes: map[uint64]string{}}
	var decoder decoder
	for len(raw) > 0 {
		size := binary.NativeEndian.Uint32(raw)
		// Records of the ring are aligned to eight bytes.
		record := append(make([]byte, 0, size+8), raw[4:4+size]...)
		raw = raw[4+size:]
		if binary.NativeEndian.Uint32(record) == typeRead {
			w.reads = append(w.reads, read{binary.NativeEndian.Uint64(record[8:]), uint64(binary.NativeEndian.Uint32(record[4:]))})
			continue
		}
		decoder.dispatch(record, w)
	}
	return w
}

// frames are a sample's, root first, in Python's own terms.
func (w *walked) frames(t *testing.T, sample *trace.Sample, captured *image) []imageFrame {
	t.Helper()
	offsets := captured.offsets(t)
	var frames []imageFrame
	for i := len(sample.Python) - 1; i >= 0; i-- {
		frame := &sample.Python[i]
		if frame.Marker {
			continue
		}
		record := w.codes[frame.Code]
		if record == nil {
			t.Fatalf("no names for frame %d", i)
		}
		code := cpython.Code{
			Filename: text(t, record.Filename), Qualname: text(t, record.Qualname),
			FirstLine: record.FirstLine, LineTable: record.LineTable.Bytes, Form: offsets.Form,
		}
		if code.Filename == "__init__" {
			continue // what CPython 3.13 runs after a class call that was specialised
		}
		place := code.Location(int(frame.ByteOffset))
		out := imageFrame{Name: code.Qualname, Path: code.Filename, Line: place.Line, Columns: []int{}}
		if class := w.classes[frame.Class]; class != "" {
			out.Name = class + "." + out.Name
		}
		if place.Column >= 0 {
			out.Columns = []int{place.Column}
		}
		frames = append(frames, out)
	}
	return frames
}

func text(t *testing.T, piece trace.Piece) string {
	t.Helper()
	if !piece.Present {
		t.Error("a name was not carried")
	}
	return cpython.DecodeCharacters(piece.Bytes, piece.Kind)
}

func check(t *testing.T, w *walked, captured *image) {
	t.Helper()
	if got, want := len(w.samples), len(captured.Threads); got != want {
		t.Fatalf("%d samples of %d threads", got, want)
	}
	for i, thread := range captured.Threads {
		sample := &w.samples[i]
		if sample.Reason != "" || sample.Truncated {
			t.Errorf("%s: %s, truncated %v", thread.Scene, sample.Reason, sample.Truncated)
		}
		if got := w.frames(t, sample, captured); !reflect.DeepEqual(got, thread.Frames) {
			t.Errorf("%s:\n%+v\nPython says\n%+v", thread.Scene, got, thread.Frames)
		}
	}
}

func TestWalkOfCapturedImages(t *testing.T) {
	// Takes the images of test/images anew, from the Pythons of this machine.
	if os.Getenv("EMBERLINE_CAPTURE") != "" {
		captureAll(t)
	}
	files, err := filepath.Glob(filepath.Join(repository, "test/images/*.json.gz"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d images, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json.gz")
		t.Run(name, func(t *testing.T) {
			captured := readImage(t, file)
			check(t, walk(t, name, captured, 0), captured)
		})
	}
}
