// Package server answers an editor: LSP's life cycle, Emberline's methods and
// the stream of deltas. It reaches the machine only through a Backend.
package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"emberline/helper/internal/rpc"
	"emberline/helper/internal/source"
	"emberline/helper/protocol"
)

// Session is a running sampler, as internal/profiler makes it.
type Session interface {
	Delta() (protocol.Delta, bool)
	Done() <-chan struct{}
	Stop() (protocol.Stats, error)
	Sampler() string
	WhyNotBPF() string
	Event() string
	Started() time.Time
	Origin(remotePath string, pid int) (source.Origin, bool)
}

// Backend is what the server makes its answers from.
type Backend struct {
	Info          protocol.HelperInfo
	Start         func(params protocol.StartParams) (Session, error)
	ListProcesses func(ctx context.Context) ([]protocol.ProcessInfo, error)
	Doctor        func() protocol.DoctorReport
	ReadSource    func(origin source.Origin, remotePath string) (protocol.SourceResult, error)
}

// closeTime bounds the orderly end of a session when the client has gone. The
// kernel ends what is left when the process does.
const closeTime = 300 * time.Millisecond

// Server is one conversation.
type Server struct {
	backend Backend
	conn    *rpc.Conn

	mu       sync.Mutex
	phase    phase
	starting bool
	closed   bool
	current  *stream
	// ended is the last session that is over, for a stop that crossed its end.
	ended  *stream
	lastID int
	// sources are the files that deltas have named: the only ones that are read.
	sources map[sourceKey]source.Origin
}

// New makes a server for one peer.
func New(in io.Reader, out io.Writer, backend Backend) *Server {
	s := &Server{backend: backend, conn: rpc.New(in, out), sources: map[sourceKey]source.Origin{}}
	s.conn.Admit = s.admit
	s.conn.OnOrderedRequest("initialize", s.initialize)
	s.conn.OnOrderedRequest("shutdown", s.shutdown)
	s.conn.OnNotification("exit", func(json.RawMessage) { s.conn.Close() })
	s.conn.OnRequest(protocol.MethodDoctor, s.doctor)
	s.conn.OnRequest(protocol.MethodListProcesses, s.listProcesses)
	s.conn.OnRequest(protocol.MethodStart, s.start)
	s.conn.OnRequest(protocol.MethodStop, s.stop)
	s.conn.OnRequest(protocol.MethodSource, s.source)
	s.conn.OnRequest(protocol.MethodTextDocumentContent, s.textDocumentContent)
	s.conn.OnNotification(protocol.MethodAcknowledge, s.acknowledge)
	return s
}

// Serve answers until the client exits or goes away, then ends its session. It
// tells whether the client had shut the server down first, as LSP asks.
func (s *Server) Serve(ctx context.Context) (orderly bool, err error) {
	err = s.conn.Serve(ctx)
	s.mu.Lock()
	s.closed = true
	current, orderly := s.current, s.phase == shutDown
	s.mu.Unlock()
	if current != nil {
		current.requestStop()
		select {
		case <-current.finished:
		case <-time.After(closeTime):
		}
	}
	return orderly, err
}

// Levels of window/logMessage (LSP 3.17, MessageType).
const (
	logError = 1
	logInfo  = 3
)

// log writes to the editor's log; a client that has gone needs none.
func (s *Server) log(level int, format string, args ...any) {
	_ = s.conn.Notify("window/logMessage", struct {
		Type    int    `json:"type"`
		Message string `json:"message"`
	}{level, fmt.Sprintf(format, args...)})
}

func (s *Server) doctor(context.Context, json.RawMessage) (any, error) {
	return s.backend.Doctor(), nil
}

func (s *Server) listProcesses(ctx context.Context, _ json.RawMessage) (any, error) {
	processes, err := s.backend.ListProcesses(ctx)
	if err != nil {
		return nil, err
	}
	return protocol.ListProcessesResult{Processes: processes}, nil
}
