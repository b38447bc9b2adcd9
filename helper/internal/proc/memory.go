package proc

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Memory reads a process's memory at absolute addresses, without stopping it
// (process_vm_readv(2); needs the right to ptrace the process).
type Memory int

// ReadAt fills p from the address or fails; a part is never called success.
func (pid Memory) ReadAt(p []byte, address int64) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	local := []unix.Iovec{{Base: &p[0]}}
	local[0].SetLen(len(p))
	remote := []unix.RemoteIovec{{Base: uintptr(address), Len: len(p)}}
	n, err := unix.ProcessVMReadv(int(pid), local, remote, 0)
	if err != nil {
		return 0, fmt.Errorf("read %d bytes at %#x of process %d: %w", len(p), address, int(pid), err)
	}
	if n < len(p) {
		return n, fmt.Errorf("read %d bytes at %#x of process %d: %w", len(p), address, int(pid), io.ErrUnexpectedEOF)
	}
	return n, nil
}

// OpenSpace opens a process's address space (/proc/PID/mem). It stays that one:
// after the process has ended, or has executed another program, nothing can be
// read from it. Needs the right to ptrace the process.
func OpenSpace(pid int) (*os.File, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	return file, gone(err)
}

// PageBytes is the unit of mappings.
const PageBytes = 4096

// maxBlocks is IOV_MAX.
const maxBlocks = 1024

// ReadPages reads whole pages, whose addresses ascend, one behind the other in
// one system call, up to the first that cannot be read; it says how many.
func (pid Memory) ReadPages(into []byte, pages []uint64) int {
	if len(pages) == 0 {
		return 0
	}
	remote := make([]unix.RemoteIovec, 0, min(len(pages), maxBlocks))
	wanted := 0
	for i, address := range pages {
		if last := len(remote) - 1; i > 0 && address == pages[i-1]+PageBytes {
			remote[last].Len += PageBytes
		} else if len(remote) < maxBlocks {
			remote = append(remote, unix.RemoteIovec{Base: uintptr(address), Len: PageBytes})
		} else {
			break
		}
		wanted++
	}
	local := []unix.Iovec{{Base: &into[0]}}
	local[0].SetLen(wanted * PageBytes)
	n, err := unix.ProcessVMReadv(int(pid), local, remote, 0)
	if err != nil {
		return 0
	}
	return n / PageBytes
}
