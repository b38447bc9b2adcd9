package proc

import (
	"fmt"
	"os"
	"syscall"
)

// FileID tells files and their versions apart.
type FileID struct {
	Device, Inode uint64
	Size, MTimeNs int64
}

// FileIDOf identifies an open file.
func FileIDOf(file *os.File) (FileID, error) {
	info, err := file.Stat()
	if err != nil {
		return FileID{}, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return FileID{}, fmt.Errorf("no inode known of %s", file.Name())
	}
	return FileID{
		Device: stat.Dev, Inode: stat.Ino, Size: stat.Size, MTimeNs: stat.Mtim.Nano(),
	}, nil
}
