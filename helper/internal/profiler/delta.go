package profiler

import (
	"time"

	"emberline/helper/internal/aggregate"
	"emberline/helper/internal/source"
	"emberline/helper/protocol"
)

// sourceFile is a source as one process tree sees it.
type sourceFile struct {
	remotePath string
	pid        int
}

// processesInDelta bounds the account that rides in every delta; the final one
// names all processes.
const processesInDelta = 100

// Delta is what is new since the last call; ok is false when nothing is. The
// caller fills in session and sequence.
func (s *Session) Delta() (delta protocol.Delta, ok bool) {
	s.mu.Lock()
	delta, ok = s.tree.Delta()
	strings := s.tree.Strings()
	starts := make([]time.Time, len(delta.Sources.PID))
	paths := make([]string, len(delta.Sources.PID))
	for i, pid := range delta.Sources.PID {
		paths[i] = strings[delta.Sources.RemotePath[i]]
		starts[i] = s.sourceStart[sourceFile{paths[i], pid}]
	}
	s.mu.Unlock()
	// Reading files takes time; samples go on meanwhile.
	for i, pid := range delta.Sources.PID {
		if sum, readable := source.Hash(pid, paths[i], starts[i]); readable {
			delta.Sources.SHA256[i] = sum
		}
	}
	delta.ElapsedNs = time.Since(s.started).Nanoseconds()
	delta.Stats = s.Stats()
	if len(delta.Stats.Processes) > processesInDelta {
		delta.Stats.Processes = delta.Stats.Processes[:processesInDelta]
	}
	return delta, ok
}

// Walk visits every distinct stack with its count, root first.
func (s *Session) Walk(visit func(stack []aggregate.Frame, count int64)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tree.Walk(visit)
}
