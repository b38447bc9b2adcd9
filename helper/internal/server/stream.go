package server

import (
	"sync"
	"sync/atomic"
	"time"

	"emberline/helper/protocol"
)

// stream sends a session's deltas, one at a time: the next one waits for the
// acknowledgement, and what is sampled meanwhile merges into it.
type stream struct {
	id       int
	session  Session
	interval time.Duration
	// send hands a delta to the connection and waits while that is full.
	send func(protocol.Delta)

	stopping sync.Once
	stop     chan struct{}
	// finished is closed when the last delta has been sent and another session
	// may start; stats and failure are set then.
	finished chan struct{}
	stats    protocol.Stats
	failure  error

	sequence     int
	acknowledged atomic.Int64
	wake         chan struct{}
}

func newStream(id int, session Session, interval time.Duration, send func(protocol.Delta)) *stream {
	return &stream{
		id: id, session: session, interval: interval, send: send,
		stop: make(chan struct{}), finished: make(chan struct{}), wake: make(chan struct{}, 1),
	}
}

// requestStop makes run end; asking twice does nothing.
func (s *stream) requestStop() { s.stopping.Do(func() { close(s.stop) }) }

// acknowledge is told by the client when it has applied a delta.
func (s *stream) acknowledge(sequence int) {
	s.acknowledged.Store(int64(sequence))
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run streams until it is stopped or the session ends by itself, which it tells.
func (s *stream) run() (endedByItself bool) {
	timer := time.NewTimer(s.interval)
	defer timer.Stop()
	due := false
	for {
		if due && int(s.acknowledged.Load()) == s.sequence {
			s.sendNew()
			due = false
			timer.Reset(s.interval)
		}
		select {
		case <-timer.C:
			due = true
		case <-s.wake:
		case <-s.stop:
			s.finish()
			return false
		case <-s.session.Done():
			s.finish()
			return true
		}
	}
}

// finish sends what is left, acknowledged or not: nothing comes after it.
func (s *stream) finish() {
	s.stats, s.failure = s.session.Stop()
	s.sendNew()
}

func (s *stream) sendNew() {
	delta, news := s.session.Delta()
	if !news {
		return
	}
	s.sequence++
	delta.SessionID, delta.Sequence = s.id, s.sequence
	s.send(delta)
}
