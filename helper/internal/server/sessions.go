package server

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"emberline/helper/internal/rpc"
	"emberline/helper/protocol"
)

const (
	// minInterval keeps a client from asking for more than anybody can see.
	minInterval = 50 * time.Millisecond
	maxInterval = time.Minute
)

func (s *Server) start(ctx context.Context, raw json.RawMessage) (any, error) {
	params, err := rpc.Decode[protocol.StartParams](raw)
	if err != nil {
		return nil, err
	}
	interval := time.Duration(params.DeltaIntervalMs) * time.Millisecond
	if interval < 0 || interval > maxInterval {
		return nil, protocol.Errorf(protocol.ErrUsage,
			"The delta interval must be 0 to %d ms, not %d.", maxInterval.Milliseconds(), params.DeltaIntervalMs)
	}
	if err := s.beginStart(); err != nil {
		return nil, err
	}
	defer s.endStart()
	progress := begin(s.conn, raw, "Starting the sampler")
	session, err := s.backend.Start(params)
	if err != nil {
		progress.end("failed")
		return nil, err
	}
	stream := s.register(ctx, session, max(interval, minInterval))
	if stream == nil {
		progress.end("cancelled")
		_, _ = session.Stop()
		return nil, context.Canceled
	}
	progress.end("sampling")
	return rpc.Then{
		Result: protocol.StartResult{
			SessionID: stream.id, Sampler: session.Sampler(), WhyNotBPF: session.WhyNotBPF(), Event: session.Event(),
			FrequencyHz: params.FrequencyHz, StartedAtUnixMs: session.Started().UnixMilli(),
		},
		After: func() { go s.run(stream) },
	}, nil
}

func (s *Server) beginStart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil || s.starting {
		return protocol.Errorf(protocol.ErrBusy, "A session is running already.")
	}
	s.starting = true
	return nil
}

func (s *Server) endStart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.starting = false
}

// register makes the session the running one; nil when nobody wants it any more.
func (s *Server) register(ctx context.Context, session Session, interval time.Duration) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil || s.closed {
		return nil
	}
	s.lastID++
	s.current = newStream(s.lastID, session, interval, s.sender(session))
	return s.current
}

// run streams a session and closes its account.
func (s *Server) run(stream *stream) {
	s.log(logInfo, "Session %d: %s samples on %s.", stream.id, stream.session.Sampler(), stream.session.Event())
	endedByItself := stream.run()
	s.mu.Lock()
	s.current, s.ended = nil, stream
	s.mu.Unlock()
	// Only the account is still asked for; the tree can be large.
	stream.session, stream.send = nil, nil
	close(stream.finished)
	if stream.failure != nil {
		s.log(logError, "Session %d: %v", stream.id, stream.failure)
	}
	if !endedByItself {
		return
	}
	ended := protocol.EndedParams{
		SessionID: stream.id, Reason: "targets-exited",
		Message: "The sampled processes have ended.", Stats: stream.stats,
	}
	if stream.failure != nil {
		known := protocol.Errorf(protocol.ErrInternal, "The sampler failed (%w).", stream.failure)
		errors.As(stream.failure, &known)
		ended.Reason, ended.Message = string(known.Code), known.Message
	}
	// Without a client there is nobody to tell.
	_ = s.conn.Notify(protocol.MethodEnded, ended)
}

func (s *Server) stop(ctx context.Context, raw json.RawMessage) (any, error) {
	params, err := rpc.Decode[protocol.StopParams](raw)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	stream := s.current
	if stream == nil || stream.id != params.SessionID {
		stream = s.ended
	}
	s.mu.Unlock()
	if stream == nil || stream.id != params.SessionID {
		return nil, protocol.Errorf(protocol.ErrNoSession, "Session %d does not run.", params.SessionID)
	}
	stream.requestStop()
	select {
	case <-stream.finished:
		return protocol.StopResult{Stats: stream.stats}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Server) acknowledge(raw json.RawMessage) {
	params, err := rpc.Decode[protocol.AcknowledgeParams](raw)
	if err != nil {
		return
	}
	s.mu.Lock()
	stream := s.current
	s.mu.Unlock()
	if stream != nil && stream.id == params.SessionID {
		stream.acknowledge(params.Sequence)
	}
}
