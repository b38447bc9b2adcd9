// Package source reads the source files of sampled processes as those processes
// see them: through their root directory and with their rights over files, so
// that a privileged helper never shows what the program could not have shown.
package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"emberline/helper/internal/proc"
	"emberline/helper/protocol"
)

// Origin is the process that named a source file.
type Origin struct {
	// PID is a process whose root directory is that process's too; it may be
	// the helper itself.
	PID    int
	Rights Rights
	// StartedAt is when the process started, by the host's clock.
	StartedAt time.Time
}

const (
	// clockSlack covers what the two clocks may differ by: a start time is
	// rounded down to 10 ms and a file's time to a timer tick. An interpreter
	// needs longer than that before it opens its first source.
	clockSlack = 50 * time.Millisecond
	// samePIDSlack tells a process from one that took over its pid, however the
	// host's clock was adjusted since.
	samePIDSlack = 2 * time.Second
)

// Hash is the lower-case hex SHA-256 of the file, or empty when it cannot be
// read or was changed after its process had started: then it need not be what
// runs.
func Hash(origin Origin, remotePath string) string {
	read, err := origin.read(remotePath)
	if err != nil || read.changed.After(origin.StartedAt.Add(clockSlack)) {
		return ""
	}
	return hash(read.data)
}

// Read is the file's text and hash. Bytes that are not UTF-8 are replaced by
// U+FFFD, so that lines stay where they are. Errors are ErrSourceUnreadable.
func Read(origin Origin, remotePath string) (protocol.SourceResult, error) {
	read, err := origin.read(remotePath)
	if err != nil {
		return protocol.SourceResult{}, protocol.Errorf(protocol.ErrSourceUnreadable,
			"%s cannot be read on the host (%w).", remotePath, err)
	}
	if bytes.IndexByte(read.data, 0) >= 0 {
		return protocol.SourceResult{}, protocol.Errorf(protocol.ErrSourceUnreadable, "%s is not text.", remotePath)
	}
	return protocol.SourceResult{
		Text:   strings.ToValidUTF8(string(read.data), "\uFFFD"),
		SHA256: hash(read.data),
	}, nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

var (
	errNotAbsolute = errors.New("its path is not absolute")
	errOtherPID    = fmt.Errorf("its process has ended: %w", fs.ErrNotExist)
)

func (o Origin) read(remotePath string) (content, error) {
	// The path is opened as the interpreter spells it, "..", links and all.
	if !path.IsAbs(remotePath) || strings.IndexByte(remotePath, 0) >= 0 {
		return content{}, errNotAbsolute
	}
	process, err := proc.Open(o.PID)
	if err != nil {
		return content{}, err
	}
	defer process.Close()
	if o.PID != os.Getpid() {
		started, err := process.StartTime()
		if err != nil || started.Sub(o.StartedAt).Abs() > samePIDSlack {
			return content{}, errOtherPID
		}
	}
	return readWithin(process.Root(), o.Rights, remotePath)
}
