package server

import (
	"context"
	"encoding/json"

	"emberline/helper/internal/rpc"
	"emberline/helper/protocol"
)

// phase is how far LSP's life cycle has come.
type phase int

const (
	fresh phase = iota
	initialized
	shutDown
)

// admit refuses what the phase does not allow (LSP 3.17, "Lifecycle Messages").
func (s *Server) admit(method string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case method == "exit":
		return nil
	case s.phase == shutDown:
		return &rpc.Error{Code: rpc.CodeInvalidRequest, Message: "The server is shut down; only exit may follow."}
	case s.phase == fresh && method != "initialize":
		return &rpc.Error{Code: rpc.CodeServerNotInitialized, Message: "The first request must be initialize."}
	case s.phase == initialized && method == "initialize":
		return &rpc.Error{Code: rpc.CodeInvalidRequest, Message: "The server is initialized already."}
	}
	return nil
}

// initializeResult is the part of LSP's InitializeResult that applies.
type initializeResult struct {
	Capabilities struct {
		Workspace struct {
			TextDocumentContent struct {
				Schemes []string `json:"schemes"`
			} `json:"textDocumentContent"`
		} `json:"workspace"`
		Experimental struct {
			Emberline protocol.HelperInfo `json:"emberline"`
		} `json:"experimental"`
	} `json:"capabilities"`
	ServerInfo struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"serverInfo"`
}

// initialize ignores the client's processId: the client runs on another
// machine, and the end of stdin says the same.
func (s *Server) initialize(_ context.Context, raw json.RawMessage) (any, error) {
	params, err := rpc.Decode[struct {
		InitializationOptions protocol.InitializationOptions `json:"initializationOptions"`
	}](raw)
	if err != nil {
		return nil, err
	}
	if asked := params.InitializationOptions.ProtocolVersion; asked != protocol.Version {
		return nil, protocol.Errorf(protocol.ErrVersionMismatch,
			"The helper speaks version %d of the protocol and the editor version %d.", protocol.Version, asked)
	}
	var result initializeResult
	result.Capabilities.Workspace.TextDocumentContent.Schemes = []string{protocol.SourceScheme}
	result.Capabilities.Experimental.Emberline = s.backend.Info
	result.ServerInfo.Name, result.ServerInfo.Version = "emberline-helper", s.backend.Info.Version
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase = initialized
	return result, nil
}

// shutdown ends the session, whose last delta comes before the answer.
func (s *Server) shutdown(ctx context.Context, _ json.RawMessage) (any, error) {
	s.mu.Lock()
	s.phase, s.closed = shutDown, true
	current := s.current
	s.mu.Unlock()
	if current != nil {
		current.requestStop()
		select {
		case <-current.finished:
		case <-ctx.Done():
		}
	}
	return nil, nil
}
