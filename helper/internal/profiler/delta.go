package profiler

import (
	"time"

	"emberline/helper/internal/aggregate"
	"emberline/helper/internal/proc"
	"emberline/helper/internal/source"
	"emberline/helper/protocol"
)

// sourceFile is a source as one process tree sees it.
type sourceFile struct {
	remotePath string
	pid        int
}

// Origin tells which process named a source file of the session first. pid is
// that of the delta's source table; ok is false when no sampled process named it.
func (s *Session) Origin(remotePath string, pid int) (origin source.Origin, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	origin, ok = s.origins[sourceFile{remotePath, pid}]
	return origin, ok
}

// originOf is the process itself, asked now, because it may have changed its
// user since it was first seen.
func (t *target) originOf() source.Origin {
	origin := source.Origin{PID: t.sourcePID, Rights: t.rights, StartedAt: t.startedAt}
	process, err := proc.Open(t.pid)
	if err != nil {
		return origin
	}
	defer process.Close()
	if rights, ok := source.RightsOf(process); ok {
		origin.Rights = rights
	}
	return origin
}

// processesInDelta bounds the account that rides in every delta; the final one
// names all processes.
const processesInDelta = 100

// hashTime bounds the reading of sources for one delta. A file takes about
// 0.4 ms; on a file system that hangs the samples must not wait for all of them,
// and what is left counts as unreadable.
const hashTime = 3 * time.Second

// Delta is what is new since the last call; ok is false when nothing is. The
// caller fills in session and sequence.
func (s *Session) Delta() (delta protocol.Delta, ok bool) {
	s.mu.Lock()
	delta, ok = s.tree.Delta()
	strings := s.tree.Strings()
	origins := make([]source.Origin, len(delta.Sources.PID))
	paths := make([]string, len(delta.Sources.PID))
	for i, pid := range delta.Sources.PID {
		paths[i] = strings[delta.Sources.RemotePath[i]]
		origins[i] = s.origins[sourceFile{paths[i], pid}]
	}
	s.mu.Unlock()
	// Reading files takes time; samples go on meanwhile.
	began := time.Now()
	for i, origin := range origins {
		if time.Since(began) > hashTime {
			break
		}
		delta.Sources.SHA256[i] = source.Hash(origin, paths[i])
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
