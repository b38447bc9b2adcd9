package native

import (
	"bytes"

	"emberline/helper/internal/proc"
	"emberline/helper/internal/symbolize"
)

// openVDSO reads the kernel's own library from a process's memory; it is the same
// in all of them.
func (r *Registry) openVDSO(process *proc.Process, at *proc.Mapping) *File {
	file := &File{Path: vdso}
	image := make([]byte, min(at.End-at.Start, maxVDSO))
	if _, err := proc.Memory(process.PID).ReadAt(image, int64(at.Start)); err != nil {
		return file
	}
	reader := bytes.NewReader(image)
	if symbols, err := symbolize.LoadSymbols(reader, "", nil); err == nil {
		file.symbols = symbols
	}
	r.addTable(file, reader)
	return file
}
