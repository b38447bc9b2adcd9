package sampler

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"emberline/helper/internal/cpython"
	"emberline/helper/internal/proc"
	"emberline/helper/internal/pythontest"
)

// parkedFolder is where the program lies while an image of it is taken: its
// path becomes part of the image.
const parkedFolder = "/tmp/emberline"

// debugBytes holds _Py_DebugOffsets of every version.
const debugBytes = 1024

// captureAll takes an image of every Python of this machine.
func captureAll(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(repository, "test/host/parked.py"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(parkedFolder, 0o755); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(parkedFolder)
	script := filepath.Join(parkedFolder, "parked.py")
	if err := os.WriteFile(script, source, 0o644); err != nil {
		t.Fatal(err)
	}
	pythontest.Each(t, func(t *testing.T, python *pythontest.Interpreter) {
		captureOne(t, python, strings.ReplaceAll(python.Name(), " ", "-"), script)
	})
	for name, python := range pythontest.Built() {
		t.Run(name, func(t *testing.T) { captureOne(t, python, name, script) })
	}
}

func captureOne(t *testing.T, python *pythontest.Interpreter, name, script string) {
	t.Helper()
	command := python.Command(script)
	// It stands still until this closes.
	if _, err := command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	parked := pythontest.Run(t, command)
	process, err := proc.Open(parked.PID)
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	found, err := cpython.NewDetector().Detect(process)
	if err != nil {
		t.Fatal(err)
	}
	captured := &image{
		Version: found.Version, FreeThreaded: found.FreeThreaded, Access: found.Access,
		blocks: map[uint64][]byte{},
	}
	if err := json.Unmarshal([]byte(parked.Line(t)), captured); err != nil {
		t.Fatal(err)
	}
	memory := proc.Memory(parked.PID)
	if found.Version.Major == 3 && found.Version.Minor >= 13 {
		captured.Debug = make([]byte, debugBytes)
		runtime := found.InterpretersAddress - uint64(found.Offsets.RuntimeInterpretersHead)
		if _, err := memory.ReadAt(captured.Debug, int64(runtime)); err != nil {
			t.Fatal(err)
		}
	}
	live := walk(t, name, captured, parked.PID)
	check(t, live, captured)
	captured.take(t, memory, live.reads)
	if t.Failed() {
		return
	}
	captured.write(t, filepath.Join(repository, "test/images", name+".json.gz"))
}

// take adds the blocks in which the ranges lie. What else a block holds is kept,
// for a walk that reads a bit more one day, but for text, which is the machine's.
func (captured *image) take(t *testing.T, memory proc.Memory, ranges []read) {
	t.Helper()
	wanted := map[uint64]bool{}
	for _, one := range ranges {
		for at := one.address; at < one.address+one.size; at++ {
			wanted[at] = true
		}
	}
	for at := range wanted {
		address := at &^ (blockBytes - 1)
		if captured.blocks[address] != nil {
			continue
		}
		block := make([]byte, blockBytes)
		if _, err := memory.ReadAt(block, int64(address)); err != nil {
			t.Fatal(err)
		}
		text := 0
		for i := 0; i <= len(block); i++ {
			if i < len(block) && !wanted[address+uint64(i)] && block[i] >= ' ' && block[i] <= '~' {
				text++
				continue
			}
			if text >= 4 {
				clear(block[i-text : i])
			}
			text = 0
		}
		captured.blocks[address] = block
	}
}
